#include <coqmp/guest_freeze.hpp>

#include "guest_agent/calls.hpp"

#include <boost/system/system_error.hpp>

namespace asio = boost::asio;

namespace coqmp {

namespace {

[[noreturn]] void fail_thawed_early()
{
    throw boost::system::system_error(make_error_code(errc::thawed_early), "guest-fsfreeze-thaw");
}

asio::awaitable<std::int64_t> thaw_on(std::shared_ptr<detail::guest_agent_impl> impl, std::uint64_t ticket, std::int64_t frozen)
{
    if (!impl)
        fail_thawed_early();
    auto thawing = detail::call_thaw(std::move(impl), ticket);
    std::int64_t const thawed = co_await std::move(thawing);
    if (thawed == 0 && frozen != 0)
        fail_thawed_early();
    co_return thawed;
}

}  // namespace

asio::awaitable<guest_freeze> guest_freeze::begin(std::shared_ptr<detail::guest_agent_impl> impl, command request,
                                                  std::chrono::nanoseconds limit)
{
    if (!impl)
        throw boost::system::system_error(with_outcome(errc::disconnected, outcome::not_sent), request.name());
    guest_freeze holder(impl, impl->freeze().next_ticket());
    auto freezing = detail::call_freeze(impl, std::move(request), holder.ticket_, limit);
    holder.filesystems_ = co_await std::move(freezing);
    co_return holder;
}

guest_freeze& guest_freeze::operator=(guest_freeze&& other) noexcept
{
    if (this != &other) {
        release();
        impl_ = std::move(other.impl_);
        ticket_ = other.ticket_;
        filesystems_ = other.filesystems_;
    }
    return *this;
}

guest_freeze::~guest_freeze()
{
    release();
}

void guest_freeze::release() noexcept
{
    if (auto const held = std::exchange(impl_, nullptr))
        held->release_freeze(ticket_);
}

asio::awaitable<std::int64_t> guest_freeze::thaw()
{
    return thaw_on(impl_, ticket_, filesystems_);
}

}  // namespace coqmp
