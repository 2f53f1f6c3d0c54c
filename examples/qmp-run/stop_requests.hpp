// The signals that ask qmp-run to stop its machine.
#ifndef QMP_RUN_STOP_REQUESTS_HPP
#define QMP_RUN_STOP_REQUESTS_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace qmp_run {

/// From its construction on, it handles SIGTERM, SIGINT and SIGHUP, and ignores SIGPIPE, so that a write to a peer that has gone
/// fails with EPIPE. SIGHUP means that the terminal has gone: there is no configuration to reload. SIGINT and SIGHUP stay ignored
/// if our parent ignores them, as nohup(1) and shells do.
///
/// Only SIGINT means that it is urgent, and only after another signal. A terminal that is closed can send SIGHUP twice (the shell and
/// the kernel), and a service manager may repeat its SIGTERM: these are the same request again. After a SIGINT that hurries, all
/// signals have their default effect: the next one ends qmp-run even if it hangs.
/// @par Threads That of its executor. A process has one such object.
class stop_requests
{
public:
    /// @param shut_down called for the first signal @param hurry called for a SIGINT after that
    stop_requests(boost::asio::any_io_executor const& executor, std::function<void()> shut_down, std::function<void()> hurry);

private:
    void wait();

    boost::asio::signal_set received_;
    std::function<void()> shut_down_;
    std::function<void()> hurry_;
    bool is_asked_ = false;
};

}  // namespace qmp_run

#endif
