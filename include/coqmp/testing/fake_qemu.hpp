// A QEMU for the tests of programs: in their own process, without a guest, as fast as the test.
#ifndef COQMP_TESTING_FAKE_QEMU_HPP
#define COQMP_TESTING_FAKE_QEMU_HPP

#include <coqmp/command_error.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/testing/fake_guest.hpp>
#include <coqmp/testing/fake_line.hpp>
#include <coqmp/testing/fake_qemu_options.hpp>
#include <coqmp/testing/received_command.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::testing {

/// Behaves as QEMU does, as far as its monitor shows it. It greets, negotiates, refuses what is malformed or unknown, and has
/// QEMU's run states with their events: `stop`, `cont`, `system_reset`, `system_powerdown`, `system_wakeup`, `quit`, and what
/// happens to the guest(). It answers `query-status`, `query-name`, `query-version`, `query-commands` and `query-qmp-schema`. The
/// test says what it answers to everything else, and what goes wrong on the line().
/// @code
/// coqmp::testing::fake_qemu qemu{executor};
/// qemu.answer("query-block", json::array());
/// qemu.refuse("device_add", {"GenericError", "Bus 'pcie.0' does not support hotplugging"});
/// co_await program.run(qemu.pair());
/// check(qemu.count("device_add") == 1);
/// @endcode
/// Nothing in it waits for a time, so that it works with simulated clocks: a command that is to be answered late is held until
/// the test answers it.
/// @par Threads Use it only on its executor, which must not run handlers concurrently.
/// @par Lifetime Destroying it is the end of QEMU, as kill(). Destroy it before its execution context.
/// @par Moved from A moved-from object can only be destroyed.
/// @see examples/testing_with_a_fake_qemu.cpp
class fake_qemu
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// @param executor where it runs
    /// @throws coqmp::unexpected_value if the schema of the options is not one
    explicit fake_qemu(executor_type executor, fake_qemu_options options = {});

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    explicit fake_qemu(ExecutionContext& context, fake_qemu_options options = {})
        : fake_qemu(executor_type(context.get_executor()), std::move(options))
    {}

    fake_qemu(fake_qemu&&) noexcept;
    fake_qemu& operator=(fake_qemu&&) = delete;
    ~fake_qemu();

    /// Listens, as a QEMU with `server=on,wait=off`. Each address serves one client at a time; the next ones wait in the kernel's
    /// queue. The file of a unix socket must not exist; it is removed when QEMU ends.
    /// @param address a unix socket, or a TCP port of a numeric address (0: the kernel chooses)
    /// @return the address, with the port that the kernel chose
    /// @throws boost::system::system_error the kernel's error
    endpoint listen(endpoint const& address);

    /// Makes a monitor that is connected already. @return a client's end: a session may connect to it, once
    [[nodiscard]] endpoint pair();

    /// Connects to a listener, as a launched QEMU does (`-chardev socket,...,server=off`).
    /// @param listener a unix socket, or a TCP port of a numeric address
    /// @throws boost::system::system_error the kernel's error
    void dial(endpoint const& listener);

    /// From now on, this is the answer to the commands of this name. It replaces what QEMU would do, and an earlier answer.
    void answer(std::string command, boost::json::value value = boost::json::object());
    /// From now on, commands of this name fail.
    void refuse(std::string command, command_error error);
    /// From now on, this function executes the commands of this name. @param bands as for monitor_server::handle()
    void handle(std::string command, monitor_server::callback handler, execution bands = execution::in_band);
    /// The same with a coroutine: what it returns is the answer. A command_failed that it throws, or another exception, is the
    /// error. It is cancelled when QEMU ends.
    void handle(std::string command, monitor_server::coroutine handler, execution bands = execution::in_band);

    /// Sends an event to all clients that have negotiated.
    void publish(std::string event, boost::json::object data = {});

    /// From now on, commands of this name are not executed, but kept for expect(). As in QEMU, a client's next in-band commands
    /// wait until they are answered.
    void hold(std::string command);
    /// The same for all commands, apart from the negotiation: a script.
    void hold_all();
    /// Ends both, and executes the commands that are held.
    void release();
    /// Waits for the next command that is held.
    /// @param command the name that it must have
    /// @return the command, for an answer when the test wants it: request.answer(), request.fail(), execute()
    /// @throws std::runtime_error it has another name; boost::system::system_error errc::disconnected: QEMU has ended
    /// @par Cancellation The exception is `operation_aborted`, and no command is lost.
    [[nodiscard]] boost::asio::awaitable<monitor_request> expect(std::string command);
    /// Executes a command that was held, as if it had not been.
    void execute(monitor_request request);

    /// The guest, and what happens to it.
    [[nodiscard]] fake_guest guest() const;
    /// The connections, and what goes wrong there.
    [[nodiscard]] fake_line line() const;

    /// QEMU receives SIGTERM: SHUTDOWN and the end.
    void terminate();
    /// QEMU dies of SIGKILL: all connections end, and the sockets do not listen any more.
    void kill();
    /// Whether QEMU has ended: by kill(), by `quit`, by its guest.
    [[nodiscard]] bool has_ended() const noexcept;

    /// All commands that were received, in order, also the negotiation and those that were refused.
    /// @par Lifetime valid until the next one is received
    [[nodiscard]] std::vector<received_command> const& received() const noexcept;
    /// How many commands of this name were received.
    [[nodiscard]] std::size_t count(std::string_view command) const noexcept;

private:
    std::shared_ptr<detail::fake_qemu_impl> impl_;
};

}  // namespace coqmp::testing

#endif
