// The signals that a daemon obeys.
#ifndef COQMP_DAEMON_SIGNALS_HPP
#define COQMP_DAEMON_SIGNALS_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace coqmp_daemon {

enum class signal_request {
    reload,  ///< SIGHUP: read the configuration again, and reopen logs.
    end      ///< SIGTERM or SIGINT.
};

/// Handles SIGHUP, SIGTERM and SIGINT from its construction, and ignores SIGPIPE, so that a write to a peer that has gone fails
/// with EPIPE. Other signals, such as SIGUSR1, keep their defaults.
///
/// Once the event loop has seen the first SIGTERM or SIGINT, both have their default effect again. A second one therefore ends
/// the daemon at once, even if it hangs while it ends.
/// @code
/// signals requests(executor);
/// while (co_await requests.next() == signal_request::reload)
///     reload();
/// @endcode
/// @par Threads One thread, that of its executor. A process has one such object.
/// @par Lifetime It may be destroyed at any time: a waiting next() throws operation_aborted. Its destructor restores the defaults,
///   but SIGPIPE stays ignored.
class signals
{
public:
    explicit signals(boost::asio::any_io_executor const& executor);
    signals(signals const&) = delete;
    signals& operator=(signals const&) = delete;
    ~signals();

    /// Waits for the next request. Signals that came earlier are remembered, several SIGHUPs as one. After a request to end, this
    /// and every later call returns `end` at once.
    /// @throws boost::system::system_error operation_aborted: the wait was cancelled, or this object was destroyed
    /// @par Cancellation A call that throws has taken no request: the next call returns it. In `next() || other`, a SIGHUP can be
    ///   lost if both complete at the same moment; a request to end cannot. One call at a time.
    [[nodiscard]] boost::asio::awaitable<signal_request> next();

private:
    struct state;
    std::shared_ptr<state> const state_;
};

}  // namespace coqmp_daemon

#endif
