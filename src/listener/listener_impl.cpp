#include "listener/listener_impl.hpp"

#include "detail/log.hpp"

#include "detail/cancellation.hpp"
#include "detail/deadline.hpp"
#include "detail/explained_error.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>

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

session closed_session(pending_accept const& wait)
{
    return session(wait.session_executor, wait.options);
}

}  // namespace

bool peer_requirements::met_by(std::optional<peer_credentials> const& peer, std::vector<::pid_t> const& lineage) const
{
    if (user && (!peer || peer->user != *user))
        return false;
    auto const comes_from = [&lineage](::pid_t which) {
        return std::find(lineage.begin(), lineage.end(), which) != lineage.end();
    };
    if (expected) {
        auto const started = expected->process();
        return started && comes_from(started->number());
    }
    return !process || comes_from(*process);
}

listener_impl::listener_impl(asio::any_io_executor executor, endpoint const& where, listener_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      socket_(where),
      acceptor_(std::in_place, this->executor()),
      pause_(std::in_place, this->executor())
{
    if (where.is_tcp() && (options_.peer_user || options_.peer_process))
        throw explained_error(
            make_error_code(errc::invalid_endpoint),
            "cannot listen on " + where.to_string() + ": TCP does not tell who connects; demand a peer on a unix socket");
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

void listener_impl::start_accept(pointer const& self, pending_accept::handler_type handler)
{
    listener_options const& options = self->options_;
    start_accept(self, std::move(handler), self->executor(), options.session,
                 peer_requirements{options.peer_user, options.peer_process});
}

void listener_impl::start_accept(pointer const& self, pending_accept::handler_type handler, asio::any_io_executor of_session,
                                 session_options of_options, peer_requirements whom)
{
    auto const slot = handler.slot();
    auto wait = std::make_shared<pending_accept>(std::move(handler), self->executor(), std::move(of_session),
                                                 std::move(of_options), std::move(whom));
    on_cancellation(slot, self, wait, [](listener_impl& state, wait_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel(which);
    });
    asio::dispatch(self->executor(), [self, wait = std::move(wait)] { self->add(wait); });
}

void listener_impl::close() noexcept
{
    // Immediately: a caller that destroys a listener may look for the file right after.
    socket_.remove_file();
    if (executor())  // otherwise it was closed with its context
        asio::dispatch(executor(), [self = shared_from_this()] { self->end(); });
}

// ---- On the executor -------------------------------------------------------------------------------------------------------

void listener_impl::add(wait_pointer const& wait)
{
    if (closed_ || wait->cancelled) {
        wait->waiting.post(error_code(asio::error::operation_aborted), closed_session(*wait));
        return;
    }
    waiting_.push_back(wait);
    wait->deadline = optional_deadline_after(wait->options.connect_timeout);
    if (wait->deadline != pending_accept::clock::time_point::max()) {
        wait->timer.expires_at(wait->deadline);
        wait->timer.async_wait([self = shared_from_this(), wait](error_code error) {
            auto const found = std::find(self->waiting_.begin(), self->waiting_.end(), wait);
            if (!error && found != self->waiting_.end())
                self->fail(found, make_error_code(errc::timed_out));
        });
    }
    await_connection();
}

void listener_impl::cancel(wait_pointer const& wait)
{
    wait->cancelled = true;
    // Its process may have connected and died: that connection must not be left for the next accept.
    if (wait->demands.are_for_a_process()) {
        accept(SOMAXCONN, patience::none);
        if (wait->demands.expected)
            wait->demands.expected->forget();
        decide();
    }
    if (auto const found = std::find(waiting_.begin(), waiting_.end(), wait); found != waiting_.end())
        fail(found, asio::error::operation_aborted);
    else if (wait->connecting)
        wait->connecting->close();  // connected() reports it
}

void listener_impl::end()
{
    if (std::exchange(closed_, true))
        return;
    error_code ignored;
    acceptor_->close(ignored);
    undecided_.clear();
    while (!waiting_.empty())
        fail(waiting_.begin(), asio::error::operation_aborted);
    for (wait_pointer const& wait : connecting_)
        cancel(wait);
}

void listener_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    closed_ = true;
    socket_.remove_file();
    acceptor_.reset();
    pause_.reset();
    undecided_.clear();
    auto waits = std::exchange(waiting_, {});
    waits.splice(waits.end(), connecting_);
    std::vector<pending_accept::handler_type> dropped;
    for (wait_pointer const& wait : waits)
        dropped.push_back(std::move(wait->waiting));
}

void listener_impl::fail(wait_list::iterator position, error_code error)
{
    wait_pointer const wait = *position;
    waiting_.erase(position);
    wait->timer.cancel();
    wait->waiting.post(error, closed_session(*wait));
    stop_if_idle();
}

void listener_impl::stop_if_idle()
{
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
            self->accept(accepted_at_once);
        else if (error != asio::error::operation_aborted && !self->waiting_.empty())
            self->fail(self->waiting_.begin(), error);
        self->await_connection();
    });
}

void listener_impl::accept(int most, patience how)
{
    for (int lost = 0; most > 0 && !waiting_.empty() && !closed_ && (undecided_.empty() || how == patience::none); --most) {
        // Asio's own accept makes sockets that a launched QEMU would inherit.
        int const number = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int const error = errno;
        if (number >= 0) {
            lost = 0;
            match(identify(unique_fd(number)));
        } else if (error == EAGAIN) {
            return;
        } else if (!concerns_one_connection(error)) {
            if (how == patience::while_undecided)  // else no wait asked for this
                fail(waiting_.begin(), error_code(error, boost::system::system_category()));
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

listener_impl::visitor listener_impl::identify(unique_fd connection) const
{
    visitor who{std::move(connection), std::nullopt, {}, {}};
    who.peer = peer_of(who.connection.number());
    bool process_matters = false;
    for (wait_pointer const& wait : waiting_) {
        process_matters = process_matters || wait->demands.are_for_a_process();
        if (wait->demands.expected && wait->demands.expected->is_starting())
            who.candidates.push_back(wait->demands.expected);
    }
    if (who.peer && process_matters)
        who.lineage = lineage_of(who.peer->process);
    return who;
}

// An accept for this very process comes before those that admit every process.
void listener_impl::match(visitor who)
{
    // First: the number of a process may become known, on another thread, while the waits are looked at.
    bool const is_undecided = std::ranges::any_of(who.candidates, [](auto const& each) { return each->is_starting(); });
    auto const fits = [&](wait_pointer const& wait) { return wait->demands.met_by(who.peer, who.lineage); };
    auto found = std::find_if(waiting_.begin(), waiting_.end(),
                              [&](wait_pointer const& wait) { return wait->demands.are_for_a_process() && fits(wait); });
    if (found == waiting_.end()) {
        if (is_undecided) {
            undecided_.push_back(std::move(who));
            return;
        }
        found = std::find_if(waiting_.begin(), waiting_.end(), fits);
    }
    if (found == waiting_.end())
        return refuse(who);
    wait_pointer const wait = *found;
    if (wait->demands.expected) {
        // Checked last. If the process has been reaped its connection is useless, and its number may belong to an unrelated
        // process.
        auto const process = wait->demands.expected->process();
        if (!process || process->is_reaped())
            return;
    }
    connecting_.splice(connecting_.end(), waiting_, found);
    connect(wait, std::move(who.connection));
}

void listener_impl::refuse(visitor const& who)
{
    refused_.fetch_add(1, std::memory_order_relaxed);
    if (who.peer)
        log(options_.session, log_level::warning,
            "Rejected process " + std::to_string(who.peer->process) + " of user " + std::to_string(who.peer->user) +
                ": no accept on " + local().to_string() + " waits for it.");
}

void listener_impl::decide()
{
    for (visitor& each : std::exchange(undecided_, {}))
        match(std::move(each));
    await_connection();
}

void listener_impl::connect(wait_pointer const& wait, unique_fd connection)
{
    wait->timer.cancel();
    if (wait->deadline != pending_accept::clock::time_point::max())
        wait->options.connect_timeout =
            std::max<std::chrono::nanoseconds>(wait->deadline - pending_accept::clock::now(), std::chrono::nanoseconds(1));
    wait->connecting.emplace(wait->session_executor, wait->options);
    wait->connecting->async_connect(
        endpoint::descriptor(coqmp::descriptor(connection.release())),
        asio::bind_executor(executor(), [self = shared_from_this(), wait](error_code error) { self->connected(wait, error); }));
}

void listener_impl::connected(wait_pointer const& wait, error_code error)
{
    connecting_.remove(wait);
    if (!wait->waiting)
        return;  // abandoned
    session result = wait->connecting ? std::move(*wait->connecting) : closed_session(*wait);
    wait->connecting.reset();
    if (wait->cancelled && error)
        error = asio::error::operation_aborted;
    wait->waiting.post(error, std::move(result));
}

}  // namespace coqmp::detail
