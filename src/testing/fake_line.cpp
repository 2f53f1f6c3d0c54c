#include <coqmp/testing/fake_line.hpp>

#include "testing/fake_qemu_impl.hpp"

#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace coqmp::testing {

using detail::line_fault;
using detail::line_gate;

fake_line::fake_line(std::shared_ptr<detail::fake_qemu_impl> qemu) noexcept : qemu_(std::move(qemu)) {}

void fake_line::say(std::string_view bytes)
{
    qemu_->monitor().say(std::string(bytes));
}

void fake_line::say_stale_reply(boost::json::value const& id)
{
    say(R"({"return": {}, "id": )" + boost::json::serialize(id) + "}\r\n");
}

void fake_line::flood(std::size_t events)
{
    std::string all;
    for (std::size_t number = 0; number < events; ++number) {
        all += R"({"timestamp": {"seconds": 1, "microseconds": 0}, "event": "FLOOD", "data": {"number": )";
        all += std::to_string(number) + "}}\r\n";
    }
    say(all);
}

void fake_line::split(std::size_t bytes)
{
    qemu_->monitor().split(bytes);
}

void fake_line::pause_after(std::size_t messages, std::size_t bytes)
{
    qemu_->monitor().set_gate(line_gate(line_fault::pause, messages, bytes));
}

void fake_line::end_after(std::size_t messages, std::size_t bytes)
{
    qemu_->monitor().set_gate(line_gate(line_fault::end, messages, bytes));
}

void fake_line::reset_after(std::size_t messages, std::size_t bytes)
{
    qemu_->monitor().set_gate(line_gate(line_fault::reset, messages, bytes));
}

void fake_line::heal()
{
    qemu_->monitor().split(0);
    qemu_->monitor().set_gate(line_gate());
}

}  // namespace coqmp::testing
