#include <coqmp/testing/fake_qemu.hpp>

#include "testing/fake_qemu_impl.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::testing {

fake_qemu::fake_qemu(executor_type executor, fake_qemu_options options)
    : impl_(std::make_shared<detail::fake_qemu_impl>(std::move(executor), std::move(options)))
{
    impl_->start();
}

fake_qemu::fake_qemu(fake_qemu&&) noexcept = default;

fake_qemu::~fake_qemu()
{
    if (impl_)
        impl_->close();
}

endpoint fake_qemu::listen(endpoint const& address)
{
    return impl_->monitor().listen(address);
}

endpoint fake_qemu::pair()
{
    return impl_->monitor().pair();
}

void fake_qemu::dial(endpoint const& listener)
{
    impl_->monitor().dial(listener);
}

void fake_qemu::answer(std::string command, boost::json::value value)
{
    handle(std::move(command), [value = std::move(value)](monitor_request request) { request.answer(value); });
}

void fake_qemu::refuse(std::string command, command_error error)
{
    handle(std::move(command), [error = std::move(error)](monitor_request request) { request.fail(error); });
}

void fake_qemu::handle(std::string command, monitor_server::callback handler, command_bands bands)
{
    impl_->handle(std::move(command), std::move(handler), bands);
}

void fake_qemu::handle(std::string command, monitor_server::coroutine handler, command_bands bands)
{
    impl_->handle(std::move(command), std::move(handler), bands);
}

void fake_qemu::publish(std::string event, boost::json::object data)
{
    impl_->monitor().publish(std::move(event), std::move(data));
}

void fake_qemu::hold(std::string command)
{
    impl_->held().hold(std::move(command));
}

void fake_qemu::hold_all()
{
    impl_->held().hold_all();
}

void fake_qemu::release()
{
    impl_->release();
}

asio::awaitable<monitor_request> fake_qemu::expect(std::string command)
{
    return impl_->held().expect(std::move(command));
}

void fake_qemu::execute(monitor_request request)
{
    impl_->execute(std::move(request));
}

fake_guest fake_qemu::guest() const
{
    return fake_guest(impl_);
}

fake_line fake_qemu::line() const
{
    return fake_line(impl_);
}

void fake_qemu::terminate()
{
    impl_->happen(impl_->guest().terminate());
}

void fake_qemu::kill()
{
    impl_->exit();
}

bool fake_qemu::has_ended() const noexcept
{
    return impl_->has_ended();
}

std::vector<received_command> const& fake_qemu::received() const noexcept
{
    return impl_->monitor().all_received();
}

std::size_t fake_qemu::count(std::string_view command) const noexcept
{
    auto const& all = received();
    return static_cast<std::size_t>(std::ranges::count(all, command, &received_command::name));
}

}  // namespace coqmp::testing
