// A program to run in a guest.
#ifndef COQMP_GUEST_PROGRAM_HPP
#define COQMP_GUEST_PROGRAM_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// A program to run in a guest with guest_agent::exec(). A value: copy it, keep it, run it again.
/// @code
/// auto list = co_await agent.exec(coqmp::guest_program("/bin/ls").argument("-l").argument("/var/log"));
/// @endcode
/// No shell reads the arguments. For a shell's syntax run `/bin/sh` with the arguments `-c` and the text.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/guest_agent.cpp
class guest_program
{
public:
    /// @param path the program in the guest; without a slash it is found through the PATH of the agent
    guest_program(std::string path) : path_(std::move(path)) {}
    /// @copydoc guest_program(std::string)
    guest_program(char const* path) : path_(path) {}

    /// Adds an argument. @param text passed to the program as it is
    /// @see examples/guest_agent.cpp
    guest_program& argument(std::string text) &;
    /// @copydoc argument
    [[nodiscard]] guest_program argument(std::string text) &&;

    /// Adds a variable. The first one replaces the agent's whole environment, so a program that needs PATH must get it.
    guest_program& environment(std::string_view name, std::string_view value) &;
    /// @copydoc environment
    [[nodiscard]] guest_program environment(std::string_view name, std::string_view value) &&;

    /// The bytes that the program reads from its standard input. Without them, its input is empty.
    /// @see examples/guest_agent.cpp
    guest_program& input(std::string bytes) &;
    /// @copydoc input
    [[nodiscard]] guest_program input(std::string bytes) &&;

    /// Whether to keep what the program writes. It is kept by default; otherwise it is lost.
    guest_program& capture(bool wanted) & noexcept;
    /// @copydoc capture
    [[nodiscard]] guest_program capture(bool wanted) && noexcept;

    /// How long to wait for the end of the program, from the call of exec(). @param duration zero, the default: wait forever
    guest_program& timeout(std::chrono::nanoseconds duration) & noexcept;
    /// @copydoc timeout
    [[nodiscard]] guest_program timeout(std::chrono::nanoseconds duration) && noexcept;

    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    [[nodiscard]] std::vector<std::string> const& arguments() const noexcept { return arguments_; }
    /// The variables, `NAME=value` each.
    [[nodiscard]] std::vector<std::string> const& environment() const noexcept { return environment_; }
    [[nodiscard]] std::string const& input() const noexcept { return input_; }
    [[nodiscard]] bool captures() const noexcept { return capture_; }
    [[nodiscard]] std::chrono::nanoseconds timeout() const noexcept { return timeout_; }

private:
    std::string path_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::string input_;
    std::chrono::nanoseconds timeout_{0};
    bool capture_ = true;
};

}  // namespace coqmp

#endif
