#include "listener/listener_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/deadline.hpp"
#include "detail/explained_error.hpp"
#include "detail/log.hpp"
#include "listener/session_accept.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

/// A flood of connections must not keep the executor from its other handlers.
constexpr int accepted_at_once = 64;

/// So many connections in a row may be lost before they are accepted; then the listener pauses, because the kernel may report
/// this forever.
constexpr int lost_in_a_row = 16;
constexpr std::chrono::milliseconds pause_length{50};

/// Whether accept4() has failed for one connection only, and may succeed for the next (accept(2) names these).
bool concerns_one_connection(int error) noexcept
{
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case EOPNOTSUPP:
        case ETIMEDOUT:
            return true;
        default:
            return false;
    }
}

incoming_connection identify(unique_fd connection, accept_list const& waiting)
{
    incoming_connection result{std::move(connection), std::nullopt, {}, {}};
    result.peer = peer_of(result.descriptor.number());
    bool process_matters = false;
    for (auto const& accept : waiting) {
        process_matters = process_matters || accept->requirements.name_a_process();
        if (accept->requirements.expected && accept->requirements.expected->is_starting())
            result.candidates.push_back(accept->requirements.expected);
    }
    if (result.peer && process_matters)
        result.lineage = lineage_of(result.peer->process);
    return result;
}

}  // namespace

listener_impl::listener_impl(asio::any_io_executor executor, endpoint const& where, listener_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      home_(this->executor()),
      socket_(where),
      acceptor_(std::in_place, this->executor()),
      pause_(std::in_place, this->executor())
{
    if (where.is_tcp() && (options_.peer_user || options_.peer_process))
        throw explained_error(
            make_error_code(errc::invalid_endpoint),
            "cannot listen on " + where.to_string() + ": TCP does not identify its peer; require a peer on a unix socket");
    unique_fd socket(socket_.release());
    try {
        acceptor_->assign(socket.number());
    } catch (...) {
        socket_.remove_file();
        throw;
    }
    static_cast<void>(socket.release());
}

listener_impl::~listener_impl()
{
    socket_.remove_file();
}

// ---- From any thread -------------------------------------------------------------------------------------------------------

void listener_impl::start_accept(pointer const& self, session_handler handler)
{
    auto const slot = handler.slot();
    accept_pointer const accept = std::make_shared<session_accept>(std::move(handler), self->executor(), self->options_);
    on_cancellation(slot, self, accept, [](listener_impl& state, accept_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.end_accept(which);
    });
    self->arrivals_.add(accept);
    asio::dispatch(self->executor(), [self] { self->arrive(); });
}

bool listener_impl::accept_for_elsewhere(accept_pointer const& accept)
{
    arrivals_.add(accept);
    return home_.post([self = shared_from_this()] { self->arrive(); });
}

void listener_impl::cancel(accept_pointer const& accept)
{
    home_.post([self = shared_from_this(), accept] { self->end_accept(accept); });
}

void listener_impl::reconsider()
{
    home_.post([self = shared_from_this()] { self->decide(); });
}

void listener_impl::close() noexcept
{
    // Immediately: a caller that destroys a listener may look for the file right after.
    socket_.remove_file();
    if (executor())  // otherwise it was closed with its context
        asio::dispatch(executor(), [self = shared_from_this()] { self->end(); });
}

// ---- On the executor -------------------------------------------------------------------------------------------------------

void listener_impl::arrive()
{
    take_arrivals();
    await_connection();
}

void listener_impl::take_arrivals()
{
    for (accept_pointer const& accept : arrivals_.take()) {
        if (closed_)
            accept->fail(asio::error::operation_aborted);
        else if (accept->at == pending_accept::stage::arriving)  // else it was cancelled on its way
            begin_wait(accept);
    }
}

void listener_impl::begin_wait(accept_pointer const& accept)
{
    accept->at = pending_accept::stage::waiting;
    accept->work = asio::prefer(executor(), asio::execution::outstanding_work.tracked);
    waiting_.push_back(accept);
    auto const deadline = optional_deadline_after(accept->timeout);
    if (deadline == std::chrono::steady_clock::time_point::max())
        return;
    accept->timer.emplace(executor(), deadline);
    accept->timer->async_wait([self = shared_from_this(), accept](error_code error) {
        if (!error && accept->at == pending_accept::stage::waiting)
            self->fail(accept, make_error_code(errc::timed_out));
    });
}

void listener_impl::end_accept(accept_pointer const& accept)
{
    // Its process may have connected and died: that connection must not be left for the next accept.
    if (accept->requirements.name_a_process()) {
        accept_connections(SOMAXCONN, patience::none);
        if (accept->requirements.expected)
            accept->requirements.expected->forget();
        decide();
    }
    fail(accept, asio::error::operation_aborted);
}

void listener_impl::end()
{
    if (std::exchange(closed_, true))
        return;
    error_code ignored;
    acceptor_->close(ignored);
    undecided_.clear();
    take_arrivals();
    while (!waiting_.empty())
        fail(waiting_.front(), asio::error::operation_aborted);
    for (auto const& each : std::exchange(connecting_, {}))
        if (auto const accept = each.lock())
            accept->fail(asio::error::operation_aborted);
}

void listener_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    closed_ = true;
    home_.revoke();
    socket_.remove_file();
    acceptor_.reset();
    pause_.reset();
    undecided_.clear();
    auto accepts = std::exchange(waiting_, {});
    accepts.splice(accepts.end(), arrivals_.take());
    for (accept_pointer const& accept : accepts) {
        accept->leave_context();
        accept->abandon();
    }
}

void listener_impl::fail(accept_pointer accept, error_code error)
{
    std::erase(waiting_, accept);
    accept->leave_context();
    accept->fail(error);
    // Without an accept the execution context must be able to run out of work.
    if (!waiting_.empty())
        return;
    pause_->cancel();
    if (awaiting_connection_ && acceptor_->is_open()) {
        error_code ignored;
        acceptor_->cancel(ignored);
    }
}

void listener_impl::await_connection()
{
    if (waiting_.empty() || awaiting_connection_ || pausing_ || closed_ || !undecided_.empty())
        return;
    awaiting_connection_ = true;
    acceptor_->async_wait(asio::posix::descriptor_base::wait_read, [self = shared_from_this()](error_code error) {
        self->awaiting_connection_ = false;
        if (!error)
            self->accept_connections(accepted_at_once, patience::while_undecided);
        else if (error != asio::error::operation_aborted && !self->waiting_.empty())
            self->fail(self->waiting_.front(), error);
        self->await_connection();
    });
}

void listener_impl::accept_connections(int most, patience how)
{
    for (int lost = 0; most > 0 && !waiting_.empty() && !closed_ && (undecided_.empty() || how == patience::none); --most) {
        // Asio's own accept makes sockets that a launched QEMU would inherit.
        int const number = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int const error = errno;
        if (number >= 0) {
            lost = 0;
            take_arrivals();  // the connection may be of a process that was announced just now
            match(identify(unique_fd(number), waiting_));
        } else if (error == EAGAIN) {
            return;
        } else if (!concerns_one_connection(error)) {
            if (how == patience::while_undecided)  // else no wait asked for this
                fail(waiting_.front(), error_code(error, boost::system::system_category()));
            return;  // the next wait asks the kernel itself, after other handlers have run
        } else if (++lost == lost_in_a_row) {
            pause();
            return;
        }
    }
}

void listener_impl::pause()
{
    if (std::exchange(pausing_, true))
        return;
    pause_->expires_after(pause_length);
    pause_->async_wait([self = shared_from_this()](error_code) {
        self->pausing_ = false;
        self->await_connection();
    });
}

// An accept for this very process comes before those that admit every process.
void listener_impl::match(incoming_connection connection)
{
    // First: the number of a process may become known, on another thread, while the accepts are looked at.
    bool const is_undecided = std::ranges::any_of(connection.candidates, [](auto const& each) { return each->is_starting(); });
    auto const fits = [&](accept_pointer const& accept) {
        return accept->requirements.accepts(connection.peer, connection.lineage);
    };
    auto found = std::ranges::find_if(
        waiting_, [&](accept_pointer const& accept) { return accept->requirements.name_a_process() && fits(accept); });
    if (found == waiting_.end()) {
        if (is_undecided) {
            undecided_.push_back(std::move(connection));
            return;
        }
        found = std::ranges::find_if(waiting_, fits);
    }
    if (found == waiting_.end())
        return reject(connection);
    // Checked last. If the process has been reaped its connection is useless, and its number may belong to an unrelated process.
    if (auto const& expected = (*found)->requirements.expected; expected && !expected->has_its_number())
        return;
    give(*found, std::move(connection.descriptor));
}

void listener_impl::give(accept_pointer accept, unique_fd connection)
{
    std::erase(waiting_, accept);
    accept->leave_context();
    accept->at = accept->take(std::move(connection));
    std::erase_if(connecting_, [](auto const& each) { return each.expired(); });
    if (accept->at == pending_accept::stage::connecting)
        connecting_.push_back(accept);
}

void listener_impl::reject(incoming_connection const& connection)
{
    refused_.fetch_add(1, std::memory_order_relaxed);
    if (connection.peer)
        log(options_.session, log_level::warning,
            "Rejected process " + std::to_string(connection.peer->process) + " of user " + std::to_string(connection.peer->user) +
                ": no accept on " + local().to_string() + " waits for it.");
}

void listener_impl::decide()
{
    for (incoming_connection& each : std::exchange(undecided_, {}))
        match(std::move(each));
    await_connection();
}

}  // namespace coqmp::detail
