#include "qemu/connection.hpp"

#include "qemu/wrapped_program.hpp"
#include "terminal/columns.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/listener.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace qmp_shell {

namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

/// QEMU greets within milliseconds. A longer wait needs an explanation, in a script too.
constexpr auto time_for_a_hint = 1500ms;

std::string why_not(coqmp::endpoint const& address, error_code error, std::chrono::nanoseconds patience)
{
    std::string const name = address.to_string();
    if (error == coqmp::errc::monitor_busy) {
        return name + " is busy: it accepted the connection and said nothing for " + in_seconds(patience) +
               ". A monitor serves one client at a time; is another one connected?";
    }
    if (error == coqmp::errc::timed_out)
        return name + " did not get ready within " + in_seconds(patience) +
               ": it accepts connections but does not answer. Is it stopped, or does it hang?";
    if (error == coqmp::errc::not_qmp || error == coqmp::errc::not_json)
        return name + " does not speak QMP (is it a monitor with mode=control?)";
    if (error == coqmp::errc::disconnected)
        return name + " closed the connection before it was ready";
    namespace reason = boost::system::errc;
    std::string const why = error == reason::not_a_socket          ? "it is not a socket"
                            : error == reason::wrong_protocol_type ? "it is a socket, but not a stream socket"
                            : error == reason::not_connected ? "it is a socket that is not connected (is it a listening one?)"
                                                             : error.message();
    return "cannot connect to " + name + ": " + (address.is_descriptor() ? why : error.message());
}

/// For a host without its port, or a command, in place of the path of a socket. @return empty: it is as likely to be a path
std::string hint_at_mistake(options const& options, error_code error)
{
    std::string const& given = options.address;
    if (error != boost::system::errc::no_such_file_or_directory)
        return {};
    if (given == "localhost" || given.find_first_not_of("0123456789.") == std::string::npos)
        return " (a host? It needs a port, too: " + given + ":PORT)";
    bool const is_command = !is_clearly_address(given) && options.commands.empty() && options.tool == tool::none;
    return is_command ? " (a command? They come after -c: qmp-shell ADDRESS -c " + given + ')' : std::string();
}

/// A QEMU that was there before us and stays after us.
class foreign_qemu : public connection
{
public:
    foreign_qemu(std::string name, coqmp::session opened) : name_(std::move(name)), session_(std::move(opened)) {}

    coqmp::session& session() override { return session_; }

    std::string how_it_ended(error_code why) override
    {
        if (why == coqmp::errc::disconnected)
            return "QEMU has gone: " + name_ + " closed the connection";
        std::string const reason = why == coqmp::errc::message_too_large ? "it sent a message larger than this shell accepts"
                                   : why == coqmp::errc::nested_too_deep ? "it sent JSON nested deeper than this shell accepts"
                                                                         : why.message();
        return "the conversation with " + name_ + " cannot go on: " + reason;
    }

    [[nodiscard]] bool ends_with_the_shell() const noexcept override { return false; }

    leave_result leave() override
    {
        session_.close();
        return {};
    }

private:
    std::string name_;
    coqmp::session session_;
};

std::unique_ptr<connection> dial(event_loop& loop, screen& screen, options const& options, coqmp::session_options behaviour)
{
    coqmp::endpoint const address = coqmp::endpoint::parse(options.address);
    behaviour.connect_timeout = options.timeout.value_or(10s);
    coqmp::session session(loop.get_executor(), behaviour);
    delayed const hint(loop, time_for_a_hint,
                       [&] { screen.note(address.to_string() + " does not answer yet (Ctrl-C gives up)"); });
    auto const [error] = loop.finish<error_code>(session.async_connect(address));
    if (error == asio::error::operation_aborted)
        throw connection_given_up();
    if (error)
        throw connection_failed(why_not(address, error, behaviour.connect_timeout) + hint_at_mistake(options, error));
    return std::make_unique<foreign_qemu>(address.to_string(), std::move(session));
}

/// Quotes the arguments for a shell.
std::string command_line_of(std::vector<std::string> const& words)
{
    std::string result;
    for (std::string const& word : words)
        result += (result.empty() ? "" : " ") + quoted_for_shell(word);
    return result;
}

std::unique_ptr<connection> wait_for_qemu(event_loop& loop, screen& screen, options const& options,
                                          coqmp::session_options behaviour)
try {
    coqmp::listener_options accepting;
    behaviour.connect_timeout = options.timeout.value_or(0s);
    accepting.session = std::move(behaviour);
    coqmp::listener listener(loop.get_executor(), coqmp::endpoint::parse(options.address), accepting);
    screen.note("waiting for a QEMU at " + listener.local_endpoint().to_string() + ", started with\n  " +
                command_line_of(listener.qemu_arguments("qmp-shell")));
    auto [error, accepted] = loop.finish<error_code, coqmp::session>(listener.async_accept());
    if (error == asio::error::operation_aborted)
        throw connection_given_up();
    if (error == coqmp::errc::timed_out)
        throw connection_failed("no QEMU connected to " + listener.local_endpoint().to_string());
    if (error)
        throw connection_failed("a QEMU connected but did not get ready: " + error.message());
    return std::make_unique<foreign_qemu>(listener.local_endpoint().to_string(), std::move(accepted));
} catch (boost::system::system_error const& refused) {
    throw connection_failed(refused.what());
}

}  // namespace

std::unique_ptr<connection> connect(event_loop& loop, screen& screen, options const& options, coqmp::session_options behaviour)
{
    switch (options.mode) {
        case connect_mode::listen:
            return wait_for_qemu(loop, screen, options, std::move(behaviour));
        case connect_mode::wrap:
            return launch(loop, screen, options, std::move(behaviour));
        case connect_mode::dial:
            break;
    }
    return dial(loop, screen, options, std::move(behaviour));
}

}  // namespace qmp_shell
