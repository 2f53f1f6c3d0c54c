// `--wrap`: a QEMU that the proxy launches, and that ends with it.
// Invariant: the QEMU does not outlive the proxy, not even one that is killed.
#ifndef QMP_PROXY_QEMU_WRAPPED_PROGRAM_HPP
#define QMP_PROXY_QEMU_WRAPPED_PROGRAM_HPP

#include <coqmp/machine.hpp>
#include <coqmp/session.hpp>
#include <coqmp/session_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace qmp_proxy {

/// The exit status of a program that cannot be started.
inline constexpr int no_such_program = 127;

/// QEMU has the proxy's standard input, output and error, and, if its standard input is a terminal, its process group, so that it
/// can use the terminal as if it had been started directly.
class wrapped_program
{
public:
    /// @param program its name and its arguments
    wrapped_program(boost::asio::any_io_executor executor, std::vector<std::string> const& program,
                    coqmp::session_options behaviour);

    /// Launches it and waits until it is ready.
    /// @return what is wrong, in one sentence; empty: it is ready
    [[nodiscard]] boost::asio::awaitable<std::string> start();

    /// Waits for its end.
    [[nodiscard]] boost::asio::awaitable<void> wait();

    /// Asks the guest to shut down, then QEMU, then signals it, within the time.
    /// @param budget zero: the guest is not asked
    [[nodiscard]] boost::asio::awaitable<void> shut_down(std::chrono::milliseconds budget);

    [[nodiscard]] coqmp::session& session() noexcept { return machine_.session(); }

    /// Its exit status as a shell reports it (128 + the number of the signal that killed it). @return nothing: it has not
    /// ended, or was not started
    [[nodiscard]] std::optional<int> exit_code() const noexcept { return exit_code_; }
    /// `qemu-system-x86_64 exited with status 1`
    [[nodiscard]] std::string describe_end() const;

private:
    void note(coqmp::exit_status const& status);

    std::string name_;
    coqmp::machine machine_;
    std::optional<int> exit_code_;
    coqmp::exit_status status_;
};

/// Whether this process is not a proxy, but is to become the wrapped program.
[[nodiscard]] bool is_wrapped_child(int argc, char const* const* argv);

/// Takes the proxy's standard input, which the library leaves out, and becomes the program.
/// @return the status to exit with: the program cannot be started
[[nodiscard]] int exec_wrapped(char** argv);

}  // namespace qmp_proxy

#endif
