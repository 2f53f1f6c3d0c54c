// A shell in a terminal, and a user who types and looks.
// Invariant: waiting is for something to be seen, or for the shell's end, never for time to pass. CTest ends what waits for ever.
#ifndef COQMP_TEST_QMP_SHELL_TERMINAL_HPP
#define COQMP_TEST_QMP_SHELL_TERMINAL_HPP

#include "screen_model.hpp"

#include <coqmp/descriptor.hpp>

#include <signal.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell::test {

/// Whether the shell is a job of a process that shares its terminal, such as a login shell, and can wake it up when it has
/// stopped. With `ssh -t HOST qmp-shell` there is none.
enum class control_of_jobs { none, there };

class terminal
{
public:
    /// Runs the shell. @param home where it keeps its history @param settings `NAME=value` for its environment
    terminal(std::vector<std::string> const& arguments, std::filesystem::path const& home,
             std::vector<std::string> const& settings = {}, control_of_jobs control = control_of_jobs::none);
    terminal(terminal const&) = delete;
    terminal& operator=(terminal const&) = delete;
    /// Kills it, if it still runs.
    ~terminal();

    void type(std::string_view keys);

    /// Waits until a row of the screen holds the text, then begins to look behind that row.
    void expect(std::string_view text);
    /// Waits until the line with the cursor is this one.
    void expect_line(std::string_view line);
    /// Waits until it is so. @param what for the message of a failure
    void expect(std::function<bool(screen_model const&)> const& holds, std::string_view what);

    [[nodiscard]] screen_model const& screen() const noexcept { return screen_; }
    /// All that was written, escapes too.
    [[nodiscard]] std::string const& written() const noexcept { return written_; }

    /// Waits until it has ended. @return its exit status, or 128 + the signal's number
    int wait();

    void resize(unsigned short columns);
    void signal(int number) const;
    /// Stops it as Ctrl-Z does if it has a wrapper, which stops first: then it has lost the terminal before it looks.
    void suspend_in_wrapper() const { signal(SIGUSR1); }
    /// Waits until it has been stopped (Ctrl-Z).
    void wait_until_stopped() const;
    /// Whether the kernel edits lines and echoes, as it does when no shell is there that does it itself.
    [[nodiscard]] bool is_as_usual() const;
    /// The flags (O_NONBLOCK) that its standard input was left with, according to the kernel.
    [[nodiscard]] int flags_of_input() const;
    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }

    static constexpr unsigned short columns = 80;
    static constexpr unsigned short height = 24;

private:
    bool read();
    void look_for(std::function<bool()> const& seen, std::string_view what);

    screen_model screen_{columns, height};
    coqmp::descriptor master_{-1};
    ::pid_t pid_ = -1;
    std::string written_;
    std::size_t first_row_ = 0;  ///< where expect() looks from
    bool ended_ = false;
};

/// Keys.
constexpr std::string_view enter = "\r";
constexpr std::string_view tab = "\t";
constexpr std::string_view control_c = "\x03";
constexpr std::string_view control_d = "\x04";
constexpr std::string_view control_r = "\x12";
constexpr std::string_view arrow_up = "\x1B[A";
constexpr std::string_view arrow_left = "\x1B[D";

}  // namespace qmp_shell::test

#endif
