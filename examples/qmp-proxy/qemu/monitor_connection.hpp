// One connection to a QEMU that the proxy has not launched.
#ifndef QMP_PROXY_QEMU_MONITOR_CONNECTION_HPP
#define QMP_PROXY_QEMU_MONITOR_CONNECTION_HPP

#include <coqmp/endpoint.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/session.hpp>
#include <coqmp/session_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>

namespace qmp_proxy {

/// How a connection ended.
struct connection_end
{
    boost::system::error_code reason;
    bool was_expected = false;  ///< QEMU has reported its end (SHUTDOWN), and that the guest does not run again.
    std::chrono::nanoseconds lasted{};
};

class monitor_connection
{
public:
    monitor_connection(boost::asio::any_io_executor executor, coqmp::session_options options);

    [[nodiscard]] boost::asio::awaitable<boost::system::error_code> connect(coqmp::endpoint monitor);
    /// Waits for its end.
    [[nodiscard]] boost::asio::awaitable<connection_end> wait_for_end();

    [[nodiscard]] coqmp::session& session() noexcept { return session_; }

private:
    coqmp::session session_;
    coqmp::event_stream events_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Why there is no connection, in one sentence for the user.
[[nodiscard]] std::string describe_failure(coqmp::endpoint const& monitor, boost::system::error_code error,
                                           std::chrono::milliseconds patience);

}  // namespace qmp_proxy

#endif
