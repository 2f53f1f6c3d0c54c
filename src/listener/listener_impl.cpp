#include "listener/listener_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/deadline_after.hpp"
#include "detail/explained_error.hpp"
#include "detail/log.hpp"
#include "detail/post_reserved.hpp"
#include "listener/session_accept.hpp"
#include "net/accept_failure.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
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

void identify(incoming_connection& connection, accept_list const& waiting)
{
    connection.peer = peer_of(connection.descriptor.number());
    connection.candidates.clear();
    bool process_matters = false;
    for (auto const& accept : waiting) {
        process_matters = process_matters || accept->check.names_a_process();
        if (accept->check.expected && accept->check.expected->is_starting())
            connection.candidates.push_back(accept->check.expected);
    }
    if (connection.peer && process_matters)
        connection.lineage = lineage_of(connection.peer->process);
    connection.is_identified = true;
}

}  // namespace

listener_impl::listener_impl(asio::any_io_executor executor, endpoint const& address, listener_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      home_(std::make_shared<revocable_executor>(this->executor())),
      socket_(address),
      acceptor_(std::in_place, this->executor()),
      pause_(std::in_place, this->executor())
{
    if (address.is_tcp() && (options_.peer_user || options_.peer_process))
        throw explained_error(
            make_error_code(errc::invalid_endpoint),
            "cannot listen on " + address.to_string() + ": TCP does not identify its peer; require a peer on a unix socket");
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
    self->arrivals_->add(accept, [&self] {
        asio::post(self->executor(), [self] { self->arrive(); });
        return true;
    });
}

remote_listener listener_impl::remote()
{
    return {weak_from_this(), home_, arrivals_, local(), options_.peer_user, options_.peer_process};
}

void listener_impl::close() noexcept
{
    // Immediately: a caller that destroys a listener may look for the file right after.
    socket_.remove_file();
    if (executor() && !close_requested_.exchange(true))  // otherwise it was closed with its context, or will end soon
        dispatch_reserved(executor(), close_memory_, [self = shared_from_this()] { self->end(); });
}

// ---- On the executor -------------------------------------------------------------------------------------------------------

void listener_impl::arrive()
{
    take_arrivals();
    await_connection();
}

void listener_impl::take_arrivals()
{
    accept_list arrived = arrivals_->take();
    while (!arrived.empty()) {
        accept_pointer const accept = arrived.front();
        if (!closed_ && accept->at == pending_accept::stage::arriving) {
            waiting_.splice(waiting_.end(), arrived, arrived.begin());
            begin_wait(accept);
            continue;
        }
        arrived.pop_front();
        if (closed_)
            accept->fail(asio::error::operation_aborted);
        // else it was cancelled on its way
    }
}

void listener_impl::begin_wait(accept_pointer const& accept)
try {
    accept->at = pending_accept::stage::waiting;
    accept->work = asio::prefer(executor(), asio::execution::outstanding_work.tracked);
    auto const deadline = optional_deadline_after(accept->timeout);
    if (deadline == std::chrono::steady_clock::time_point::max())
        return;
    accept->timer.emplace(executor(), deadline);
    auto expired = [self = shared_from_this(), accept](error_code error) {
        if (!error && accept->at == pending_accept::stage::waiting)
            self->fail(accept, make_error_code(errc::timed_out));
    };
    accept->timer->async_wait(asio::bind_allocator(allocator_of(accept->timer_memory), std::move(expired)));
} catch (std::bad_alloc const&) {
    fail(accept, make_error_code(errc::out_of_memory));
}

void listener_impl::end_accept(accept_pointer const& accept)
{
    // Its process may have connected and died: that connection must not be left for the next accept. (With
    // listener_options::peer_process every accept is for that process, and its connection stays in the kernel's queue.)
    if (accept->check.expected) {
        accept_connections(SOMAXCONN, patience::none);
        accept->check.expected->forget();
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
    home_->revoke();
    socket_.remove_file();
    acceptor_.reset();
    pause_.reset();
    undecided_.clear();
    auto accepts = std::exchange(waiting_, {});
    accept_list arrived = arrivals_->take();
    accepts.splice(accepts.end(), arrived);
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
    auto ready = [self = shared_from_this()](error_code error) {
        self->awaiting_connection_ = false;
        if (!error)
            self->accept_connections(accepted_at_once, patience::while_undecided);
        else if (error != asio::error::operation_aborted && !self->waiting_.empty())
            self->fail(self->waiting_.front(), error);
        self->await_connection();
    };
    acceptor_->async_wait(asio::posix::descriptor_base::wait_read,
                          asio::bind_allocator(allocator_of(wait_memory_), std::move(ready)));
}

void listener_impl::accept_connections(int most, patience mode)
try {
    for (int lost = 0; most > 0 && !waiting_.empty() && !closed_ && (undecided_.empty() || mode == patience::none); --most) {
        connection_list accepted(1);  // now: after the connection was accepted there may be no memory for it
        // Asio's own accept makes sockets that a launched QEMU would inherit.
        int const number = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int const error = errno;
        if (number >= 0) {
            lost = 0;
            take_arrivals();  // the connection may be of a process that was announced just now
            accepted.front().descriptor = unique_fd(number);
            match_or_keep(accepted);
        } else if (error == EAGAIN) {
            return;
        } else if (!concerns_one_connection(error)) {
            if (mode == patience::while_undecided)  // else no wait asked for this
                fail(waiting_.front(), error_code(error, boost::system::system_category()));
            return;  // the next wait asks the kernel itself, after other handlers have run
        } else if (++lost == lost_in_a_row) {
            pause();
            return;
        }
    }
} catch (std::bad_alloc const&) {
    pause();
}

void listener_impl::pause()
{
    if (std::exchange(pausing_, true))
        return;
    auto const over = [self = shared_from_this()](error_code) {
        self->pausing_ = false;
        self->decide();
    };
    pause_->expires_after(pause_length);
    try {
        pause_->async_wait(asio::bind_allocator(allocator_of(pause_memory_), over));
    } catch (std::bad_alloc const&) {  // of the list of all timers: there is memory for a shorter pause, until others have run
        post_reserved(executor(), short_pause_memory_, [over] { over({}); });
    }
}

// Without memory the connection is kept, and matched after a pause.
void listener_impl::match_or_keep(connection_list& one)
try {
    match(one);
} catch (std::bad_alloc const&) {
    undecided_.splice(undecided_.end(), one);
    pause();
}

// An accept for this very process comes before those that admit every process.
void listener_impl::match(connection_list& one)
{
    incoming_connection& connection = one.front();
    if (!connection.is_identified)
        identify(connection, waiting_);
    // First: the number of a process may become known, on another thread, while the accepts are looked at.
    bool const is_undecided = std::ranges::any_of(connection.candidates, [](auto const& each) { return each->is_starting(); });
    auto const fits = [&](accept_pointer const& accept) { return accept->check.accepts(connection.peer, connection.lineage); };
    auto found = std::ranges::find_if(
        waiting_, [&](accept_pointer const& accept) { return accept->check.names_a_process() && fits(accept); });
    if (found == waiting_.end()) {
        if (is_undecided) {
            undecided_.splice(undecided_.end(), one);
            return;
        }
        found = std::ranges::find_if(waiting_, fits);
    }
    if (found == waiting_.end())
        return reject(connection);
    // Checked last. If the process has been reaped its connection is useless, and its number may belong to an unrelated process.
    if (auto const& expected = (*found)->check.expected; expected && !expected->has_its_number())
        return;
    give(*found, connection.descriptor);
}

void listener_impl::give(accept_pointer accept, unique_fd& connection)
{
    std::list<std::weak_ptr<pending_accept>> connecting{accept};
    accept->at = accept->take(connection);  // from here on no memory is needed
    accept->leave_context();
    std::erase(waiting_, accept);
    std::erase_if(connecting_, [](auto const& each) { return each.expired(); });
    if (accept->at == pending_accept::stage::connecting)
        connecting_.splice(connecting_.end(), connecting);
}

void listener_impl::reject(incoming_connection const& connection)
{
    if (connection.peer)  // first: if there is no memory for this, the connection is matched, and perhaps rejected, once more
        log(options_.session, log_level::warning,
            "Rejected process " + std::to_string(connection.peer->process) + " of user " + std::to_string(connection.peer->user) +
                ": no accept on " + local().to_string() + " waits for it.");
    refused_.fetch_add(1, std::memory_order_relaxed);
}

void listener_impl::decide()
{
    connection_list again = std::exchange(undecided_, {});
    while (!again.empty()) {
        connection_list one;
        one.splice(one.end(), again, again.begin());
        match_or_keep(one);
    }
    await_connection();
}

}  // namespace coqmp::detail
