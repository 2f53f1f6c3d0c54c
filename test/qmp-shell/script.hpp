// A shell without a terminal: its input and its output.
#ifndef COQMP_TEST_QMP_SHELL_SCRIPT_HPP
#define COQMP_TEST_QMP_SHELL_SCRIPT_HPP

#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <coqmp/descriptor.hpp>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell::test {

using coqmp::test::contains;
using coqmp::test::times;

/// What a run of the shell came to.
struct outcome
{
    int status = -1;  ///< 128 + the signal's number if it was killed
    int signal = 0;   ///< zero: it exited
    std::string output;
    std::string errors;
};

/// A run of the shell with a pipe for its standard input.
class script
{
public:
    /// @param settings `NAME=value` for its environment
    explicit script(std::vector<std::string> const& arguments, std::vector<std::string> const& settings = {},
                    std::string const& program = QMP_SHELL_PROGRAM);
    script(script const&) = delete;
    script& operator=(script const&) = delete;
    ~script();

    void write(std::string_view text) const;
    void end_of_input() { input_ = coqmp::descriptor(-1); }
    /// Waits until it has written this to its standard error or output.
    void expect(std::string_view text) const;
    void signal(int number) const;
    /// Waits for the end of the shell.
    outcome wait();
    /// Ends the input, and waits for the end of the shell.
    outcome finish()
    {
        end_of_input();
        return wait();
    }

    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] std::filesystem::path const& home() const noexcept { return home_.path(); }

private:
    coqmp::test::temporary_directory home_;
    coqmp::descriptor input_{-1};
    ::pid_t pid_ = -1;
};

/// A whole run.
outcome run(std::vector<std::string> const& arguments, std::string_view input = {},
            std::vector<std::string> const& settings = {});

/// Waits until a process that is not our child has ended. After SIGKILL, the kernel takes its time to tear a process down.
void wait_for_end(::pid_t process);

/// Whether there is such a process, and it is not a zombie.
bool lives(::pid_t process);

/// What a file holds.
std::string content(std::filesystem::path const& file);

/// Waits until a condition on the files of a directory holds: checks it again whenever one of them is written.
void wait_for_files(std::filesystem::path const& directory, std::function<bool()> const& holds);

/// What exec() and posix_spawn() take.
std::vector<char*> pointers(std::vector<std::string>& texts);

}  // namespace qmp_shell::test

#endif
