// A monitor whose every name and text would control the terminal that shows it.
#ifndef COQMP_TEST_QMP_SHELL_HOSTILE_MONITOR_HPP
#define COQMP_TEST_QMP_SHELL_HOSTILE_MONITOR_HPP

#include "support/fake_peer.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <thread>

namespace qmp_shell::test {

/// A copy of a text in which each `@` is replaced by a sequence that a terminal would obey, as JSON writes it.
[[nodiscard]] std::string with_hostile_marks(std::string_view text);

/// Serves one client. It answers `fail` with an error, `events` after events, and unknown commands with CommandNotFound.
class hostile_monitor
{
public:
    hostile_monitor();
    hostile_monitor(hostile_monitor const&) = delete;
    hostile_monitor& operator=(hostile_monitor const&) = delete;
    ~hostile_monitor();

    [[nodiscard]] std::string const& address() const { return peer_.address().path(); }

private:
    boost::asio::awaitable<void> serve();
    void answer(coqmp::test::received_command const& command);
    void refuse(coqmp::test::received_command const& command, std::string const& why);
    void send_events();

    coqmp::test::temporary_directory directory_;
    boost::asio::io_context context_{1};
    coqmp::test::fake_peer peer_;
    std::thread thread_;
};

/// The part of a text that a terminal would obey and that only the monitor can have sent. @return empty: nothing
[[nodiscard]] std::string_view mark_in(std::string_view text);

}  // namespace qmp_shell::test

#endif
