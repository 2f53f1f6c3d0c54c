// Clients of one QEMU, as the tests of their descriptors see them.
#ifndef COQMP_TEST_UNIT_SHARED_DESCRIPTORS_HPP
#define COQMP_TEST_UNIT_SHARED_DESCRIPTORS_HPP

#include "proxy/client_descriptors.hpp"
#include "proxy/client_id.hpp"
#include "proxy/descriptor_use.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coqmp::test {

using proxy::client_descriptors;
using proxy::client_id;
using proxy::descriptor_use;

inline constexpr client_id a{1};
inline constexpr client_id b{2};

inline boost::json::object parsed(std::string_view text)
{
    return boost::json::parse(boost::json::string_view(text)).as_object();
}

inline std::string text_of(command const& sent)
{
    return sent.name() + boost::json::serialize(sent.arguments());
}

/// All clients and their QEMU.
class monitor
{
public:
    /// Sends a command, and leaves it unanswered. @return the refusal, or nothing
    std::string send(client_id who, std::string_view name, std::string_view arguments)
    {
        auto admission = descriptors.admit(who, name, parsed(arguments));
        if (auto const* refused = std::get_if<coqmp::command_error>(&admission))
            return refused->description;
        wire.emplace_back(who, std::get<descriptor_use>(admission));
        return {};
    }

    /// QEMU answers the oldest command. @return what is sent to QEMU then
    std::string answer(std::string_view value = "{}") { return finish(boost::json::parse(boost::json::string_view(value))); }
    std::string fail() { return finish(std::nullopt); }

    /// A command that succeeds at once.
    std::string execute(client_id who, std::string_view name, std::string_view arguments, std::string_view value = "{}")
    {
        std::string refused = send(who, name, arguments);
        if (refused.empty())
            answer(value);
        return refused;
    }

    std::string leave(client_id who)
    {
        std::string result;
        for (command const& each : descriptors.leave(who))
            result += text_of(each) + ' ';
        return result;
    }

    client_descriptors descriptors;
    std::deque<std::pair<client_id, descriptor_use>> wire;

private:
    std::string finish(std::optional<boost::json::value> const& value)
    {
        auto const [who, use] = wire.front();
        wire.pop_front();
        std::string result;
        for (command const& each : descriptors.answered(who, use, value ? &*value : nullptr))
            result += text_of(each);
        return result;
    }
};

inline constexpr char const* x_in_use =
    "The file descriptor name 'x' is in use by another client of this monitor: choose another name";
inline constexpr char const* x_not_found = "File descriptor named 'x' not found";
inline constexpr char const* x = R"({"fdname": "x"})";
inline constexpr char const* set_7 = R"({"fdset-id": 7})";
inline constexpr char const* set_7_in_use =
    "The file descriptor set 7 is in use by another client of this monitor: leave out fdset-id, and QEMU chooses another set";
inline constexpr char const* set_7_not_found = "File descriptor named 'fdset-id:7' not found";

}  // namespace coqmp::test

#endif
