// Shows all messages, in a file or on the screen, if the user asks for it.
#ifndef QMP_SHELL_QEMU_WIRE_LOG_HPP
#define QMP_SHELL_QEMU_WIRE_LOG_HPP

#include "terminal/screen.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/direction.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace qmp_shell {

/// Why a log cannot be written; its text is one sentence.
class logfile_refused : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Sees each message. On the screen the shell's own queries are shown like all other messages. The file records what the user
/// did, so it has only one line for such a query.
class wire_log
{
public:
    /// @param file to append to, made readable for its owner only, because messages can contain passwords. Empty: none.
    /// @throws logfile_refused if it cannot be written, or is not a regular file that belongs to this user and that no other
    /// user can access; a symbolic link is not followed. It is opened, never bound or replaced, and opening it never blocks.
    wire_log(screen& screen, std::string file);

    /// For session_options::trace.
    void see(coqmp::direction way, std::string_view message);

    /// Whether what is sent from here on is a question of the shell's own.
    void asks_for_itself(bool yes) noexcept { asks_for_itself_ = yes; }

    void show(bool shown) noexcept { shown_ = shown; }
    [[nodiscard]] bool shown() const noexcept { return shown_; }

private:
    void write(std::string line);
    /// Whether a message is one of the shell's own questions, which is then written down in short, or the answer to one.
    bool is_own(coqmp::direction way, std::string_view message);

    screen& screen_;
    std::string name_;
    coqmp::descriptor file_{-1};
    bool shown_ = false;
    bool asks_for_itself_ = false;
    std::set<std::string> own_ids_;  ///< of questions that are not answered yet
    std::string last_own_;           ///< the question that the last line is about; empty: it is about none
};

}  // namespace qmp_shell

#endif
