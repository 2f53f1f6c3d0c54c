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

/// Behaves as QEMU does, as far as its monitor shows it: greets, negotiates, refuses malformed and unknown commands, and has QEMU's
/// run states with their events. It executes `stop`, `cont`, `system_reset`, `system_powerdown`, `system_wakeup` and `quit`, and
/// answers `query-status`, `query-name`, `query-version`, `query-commands` and `query-qmp-schema`. The test provides the answers to
/// all other commands, and decides what happens to the guest() and what goes wrong on the line().
/// @code
/// coqmp::testing::fake_qemu qemu{executor};
/// qemu.answer("query-block", json::array());
/// qemu.refuse("device_add", {"GenericError", "Bus 'pcie.0' does not support hotplugging"});
/// co_await program.run(qemu.pair());
/// check(qemu.count("device_add") == 1);
/// @endcode
/// It never waits for time to pass, so it works with simulated clocks: to answer a command late, hold() it and answer it later.
/// @par Order All calls take effect in their order; on a strand, a little later. What a command's callback answers and publishes is
/// sent when it returns. After kill(), terminate() and `quit`, clients still receive what was sent before, and nothing else.
/// @par Threads Use it only on its executor, which must not run handlers concurrently.
/// @par Lifetime Destroying it ends QEMU, as kill() does, and a handler may do that. Destroy it before its execution context.
/// @par Moved from A moved-from object can only be destroyed.
/// @see examples/testing_with_a_fake_qemu.cpp
class fake_qemu
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// @param executor where it runs
    /// @throws coqmp::unexpected_value if the options' schema is malformed
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

    /// Listens, as a QEMU with `server=on,wait=off` does. Each address serves one client at a time; the others wait in the kernel's
    /// queue. The file of a unix socket must not exist; it is removed when QEMU ends.
    /// @param address a unix socket, or a TCP port of a numeric address (0: the kernel chooses)
    /// @return the address, with the port that the kernel chose
    /// @throws boost::system::system_error the kernel's error
    endpoint listen(endpoint const& address);

    /// Makes a connection to the monitor. @return the client's end: one session can connect to it
    [[nodiscard]] endpoint pair();

    /// Connects to a listener, as a launched QEMU does (`-chardev socket,...,server=off`).
    /// @param listener a unix socket, or a TCP port of a numeric address
    /// @throws boost::system::system_error the kernel's error
    void dial(endpoint const& listener);

    /// From now on, this is the answer to commands of this name. It replaces what QEMU would do, and any earlier answer.
    void answer(std::string command, boost::json::value value = boost::json::object());
    /// From now on, commands of this name fail.
    void refuse(std::string command, command_error error);
    /// From now on, this function executes the commands of this name. @param bands as for monitor_server::handle()
    void handle(std::string command, monitor_server::callback handler, command_bands bands = command_bands::in_band);
    /// The same with a coroutine: it returns the answer, or throws the error, as for monitor_server::handle(). It is cancelled
    /// (terminal) when QEMU ends.
    void handle(std::string command, monitor_server::coroutine handler, command_bands bands = command_bands::in_band);

    /// Sends an event to all clients that have negotiated.
    void publish(std::string event, boost::json::object data = {});

    /// From now on, commands of this name are not executed but held for expect(). As in QEMU, the client's next in-band commands
    /// wait until they are answered.
    void hold(std::string command);
    /// The same for all commands but the negotiation: the test answers each of them.
    void hold_all();
    /// Ends the effect of hold() and hold_all(), and executes the commands that are held.
    void release();
    /// Waits for the next command that is held.
    /// @param command the name that it must have
    /// @return the command. The test answers it when it wants to: request.answer(), request.fail(), or execute()
    /// @throws std::runtime_error it has another name
    /// @throws boost::system::system_error errc::disconnected: QEMU has ended
    /// @par Cancellation It throws `operation_aborted`, and no command is lost.
    [[nodiscard]] boost::asio::awaitable<monitor_request> expect(std::string command);
    /// Executes a held command as if it had not been held.
    void execute(monitor_request request);

    /// Decides what happens to the guest.
    [[nodiscard]] fake_guest guest() const;
    /// Decides what goes wrong on the connections.
    [[nodiscard]] fake_line line() const;

    /// QEMU receives SIGTERM: it sends SHUTDOWN and ends.
    void terminate();
    /// QEMU receives SIGKILL: all connections end, and it no longer listens.
    void kill();
    /// Whether QEMU has ended, whatever ended it: kill(), terminate(), `quit`, or its guest.
    [[nodiscard]] bool has_ended() const noexcept;

    /// All commands that were received, in order, including the negotiation and refused commands.
    /// @par Lifetime valid until the next command is received
    [[nodiscard]] std::vector<received_command> const& received() const noexcept;
    /// How many commands of this name were received.
    [[nodiscard]] std::size_t count(std::string_view command) const noexcept;

private:
    std::shared_ptr<detail::fake_qemu_impl> impl_;
};

}  // namespace coqmp::testing

#endif
