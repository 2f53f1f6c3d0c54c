// Executes lines that are typed at a prompt or read from a script.
#ifndef QMP_SHELL_COMMANDS_INTERPRETER_HPP
#define QMP_SHELL_COMMANDS_INTERPRETER_HPP

#include "commands/shell_context.hpp"
#include "exit_code.hpp"
#include "language/complete/completion.hpp"
#include "language/read/syntax.hpp"
#include "qemu/monitor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace qmp_shell {

class interpreter
{
public:
    explicit interpreter(shell_context& context);
    interpreter(interpreter const&) = delete;
    interpreter& operator=(interpreter const&) = delete;

    /// Executes a line and prints what comes of it.
    exit_code execute(std::string_view line);
    /// The same of a line of a script, whose complaints say which: `line 3`, `command 2`.
    exit_code execute(std::string_view line, std::string_view unit, std::size_t number);

    /// Whether lines are missing: a transaction or a brace is open.
    [[nodiscard]] bool expects_more() const { return reader_.in_transaction() || reader_.in_brace(); }
    /// What is open then, in words.
    [[nodiscard]] std::string_view opened_by() const { return reader_.in_brace() ? "a brace" : "a transaction"; }
    /// How many lines the statement has so far.
    [[nodiscard]] std::size_t lines() const noexcept { return context_.diagnostics.lines().size(); }
    /// The statement of several lines that has just ended, as one; it begins with a blank if its first line does.
    [[nodiscard]] std::string as_one_line() const;
    /// Forgets what was begun, after Ctrl-C.
    void forget();

    [[nodiscard]] std::string prompt() const;
    /// What may stand at the end of a line, from QEMU too.
    [[nodiscard]] completion complete(std::string_view line);

private:
    [[nodiscard]] completion candidates_for(std::string_view line);
    exit_code execute_command(typed_command const& typed);
    exit_code explain(syntax_error const& mistake);
    exit_code show(std::string const& name, answer const& came, typed_command const& typed);
    /// Says once that the user can wait for a job, if a command began one.
    void hint_at_job();

    shell_context& context_;
    line_reader reader_;
    std::size_t first_wrong_ = 0;  ///< line of a script's transaction; 0: none. At a prompt the line can be typed again.
    bool hinted_at_jobs_ = false;
};

}  // namespace qmp_shell

#endif
