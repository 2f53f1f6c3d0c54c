// The proxy from its start to its end.
#ifndef QMP_PROXY_SERVICE_HPP
#define QMP_PROXY_SERVICE_HPP

#include "configuration/options.hpp"
#include "configuration/settings.hpp"
#include "daemon/blocking_calls.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/request_loop.hpp"
#include "daemon/service_state.hpp"
#include "daemon/service_tasks.hpp"
#include "offered_monitor.hpp"
#include "qemu/monitor_connection.hpp"
#include "qemu/wrapped_program.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace qmp_proxy {

class service
{
public:
    /// Listens.
    /// @param line outlives the service
    /// @throws boost::system::system_error a socket or the audit log cannot be opened
    service(boost::asio::any_io_executor const& executor, options const& line, settings wanted,
            coqmp_daemon::service_environment const& environment, coqmp_daemon::logger& log);

    /// Runs until a signal, QEMU's end, or a failure ends it. @return the status to exit with
    [[nodiscard]] boost::asio::awaitable<int> run();

private:
    void fail(coqmp_daemon::exit_code status, std::string const& sentence);

    [[nodiscard]] boost::asio::awaitable<void> reload();
    void follow(settings next);

    [[nodiscard]] boost::asio::awaitable<void> keep_connected();
    [[nodiscard]] boost::asio::awaitable<connection_end> connect_once();
    [[nodiscard]] boost::asio::awaitable<void> run_wrapped();
    void offer(coqmp::session& upstream);
    void check_policies();
    void lose_qemu();
    void show_state();
    [[nodiscard]] boost::asio::awaitable<void> stop();
    [[nodiscard]] coqmp::session_options session_options() const;

    boost::asio::any_io_executor executor_;
    options const& line_;
    settings settings_;
    coqmp_daemon::logger& log_;
    coqmp_daemon::service_state state_;
    coqmp_daemon::service_tasks tasks_;
    coqmp_daemon::request_loop requests_;
    offered_monitor offered_;
    std::optional<wrapped_program> wrapped_;
    std::string qemu_;                    ///< The QEMU that is connected, for the service manager; empty: there is none.
    coqmp::session* upstream_ = nullptr;  ///< That of the QEMU that is connected.
    bool has_complained_ = false;         ///< That there is no connection.
    coqmp_daemon::blocking_calls files_;  ///< Reads the configuration, so that a slow file system delays no command.
};

}  // namespace qmp_proxy

#endif
