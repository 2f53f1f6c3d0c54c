#include "reconnecting/connection_attempts.hpp"

#include "reconnecting/reconnecting_impl.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <new>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

connection_attempts::connection_attempts(reconnecting_impl& owner, connection_source source)
    : owner_(owner), source_(std::move(source)), home_(std::make_shared<revocable_executor>(owner.executor()))
{}

void connection_attempts::start()
try {
    if (auto const* const address = std::get_if<endpoint>(&source_))
        owner_.connect(*address);
    else
        accept();
} catch (std::bad_alloc const&) {
    cancel();
    owner_.pause(make_error_code(errc::out_of_memory));
}

void connection_attempts::accept()
{
    auto const& listener = std::get<std::optional<remote_listener>>(source_);
    if (!listener)
        return owner_.finish(make_error_code(errc::disconnected));
    peer_check const required{listener->peer_user(), listener->peer_process(), nullptr};
    std::shared_ptr<accept_owner> const self(owner_.shared_from_this(), this);
    accept_ = std::make_shared<remote_accept>(required, home_, self);
    work_ = asio::prefer(owner_.executor(), asio::execution::outstanding_work.tracked);
    if (!listener->accept(accept_)) {
        cancel();
        owner_.finish(asio::error::operation_aborted);
    }
}

void connection_attempts::accepted(remote_accept const& by, unique_fd connection)
try {
    if (forget(by))
        owner_.connect(std::move(connection));
} catch (std::bad_alloc const&) {
    owner_.pause(make_error_code(errc::out_of_memory));
}

void connection_attempts::cannot_accept(remote_accept const& by, error_code why)
{
    if (!forget(by))
        return;
    if (why == asio::error::operation_aborted)
        owner_.finish(why);  // the listener was closed
    else
        owner_.pause(why);
}

/// @return whether it is the pending accept, which is over now
bool connection_attempts::forget(remote_accept const& which) noexcept
{
    if (accept_.get() != &which)
        return false;
    accept_.reset();
    work_ = nullptr;
    return true;
}

void connection_attempts::cancel() noexcept
{
    work_ = nullptr;
    auto const accept = std::exchange(accept_, nullptr);
    auto const* const listener = std::get_if<std::optional<remote_listener>>(&source_);
    if (accept && listener != nullptr && *listener)
        (*listener)->cancel(accept);
}

bool connection_attempts::is_last() const noexcept
{
    auto const* const address = std::get_if<endpoint>(&source_);
    return address != nullptr && address->is_descriptor();
}

std::string connection_attempts::description() const
{
    if (auto const* const address = std::get_if<endpoint>(&source_))
        return "connect to " + address->to_string();
    auto const& listener = std::get<std::optional<remote_listener>>(source_);
    return "accept on " + (listener ? listener->local().to_string() : std::string("a listener that was moved from"));
}

void connection_attempts::abandon() noexcept
{
    home_->revoke();
    accept_.reset();
    work_ = nullptr;
}

}  // namespace coqmp::detail
