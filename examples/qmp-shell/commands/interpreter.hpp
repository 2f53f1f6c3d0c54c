// Executes lines that are typed at a prompt or read from a script.
#ifndef QMP_SHELL_COMMANDS_INTERPRETER_HPP
#define QMP_SHELL_COMMANDS_INTERPRETER_HPP

#include "commands/hmp.hpp"
#include "exit_code.hpp"
#include "language/complete/completion.hpp"
#include "language/read/argument.hpp"
#include "language/read/syntax.hpp"
#include "options.hpp"
#include "qemu/monitor.hpp"
#include "qemu/wire_log.hpp"
#include "terminal/history.hpp"
#include "terminal/screen.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

class interpreter
{
public:
    interpreter(monitor& qemu, screen& shown_on, traffic& seen, history& past, options const& how);

    /// Executes a line and prints what comes of it.
    exit_code execute(std::string_view line);
    /// The same of a line of a script, whose complaints say which: `line 3`, `command 2`.
    exit_code execute(std::string_view line, std::string_view unit, std::size_t number);

    /// Whether lines are missing: a transaction or a brace is open.
    [[nodiscard]] bool expects_more() const;
    /// What is open then, in words.
    [[nodiscard]] std::string_view opened_by() const { return reader_.in_brace() ? "a brace" : "a transaction"; }
    /// How many lines the statement has so far.
    [[nodiscard]] std::size_t lines() const noexcept { return lines_.size(); }
    /// The statement of several lines that has just ended, as one; it begins with a blank if its first line does.
    [[nodiscard]] std::string as_one_line() const
    {
        bool const hidden = !lines_.empty() && lines_.front().starts_with(' ');
        return (hidden ? " " : "") + reader_.as_one_line();
    }
    /// Forgets what was begun, after Ctrl-C.
    void forget()
    {
        reader_.reset();
        lines_.clear();
    }
    /// The user asked to stop.
    [[nodiscard]] bool leaving() const noexcept { return leaving_; }

    [[nodiscard]] std::string prompt() const;
    /// What may stand at the end of a line, from QEMU too.
    [[nodiscard]] completion complete(std::string_view line);

private:
    struct meta_entry
    {
        std::string_view name;
        std::string_view arguments;
        std::string_view purpose;
        exit_code (interpreter::*execute)(meta_command const& said);
    };
    static std::vector<meta_entry> const& meta_entries();
    static std::vector<std::string> meta_names();
    static bool is_meta(std::string_view name);
    /// What may have been meant, with the colon: by its name without one, or by one like it.
    static std::vector<std::string> similar_meta(std::string_view name);

    [[nodiscard]] completion candidates_for(std::string_view line);
    exit_code execute_command(typed_command const& said);
    exit_code execute_meta(meta_command const& said);
    exit_code explain(syntax_error const& mistake);
    exit_code help(std::string_view topic);
    exit_code help_meta(std::string_view name);
    exit_code refuse_meta(std::string_view name);
    /// For a line that HMP would understand, or a command to the shell without its colon. @return empty: it is neither
    std::string hint_at_other_language();
    /// If the first word of a line is not a command, that is the mistake to report, before any other. @return empty: the word
    /// may be a command
    std::string refuse_unknown();
    /// Says once that the user can wait for a job, if a command began one.
    void hint_at_job(std::size_t begun_before);
    /// JSON as it is printed in an answer.
    [[nodiscard]] std::string laid_out(boost::json::value const& what) const;
    exit_code show(std::string const& name, answer const& came, typed_command const& said);
    exit_code show_refusal(std::string const& name, coqmp::command_error const& error, typed_command const& said);
    /// What is pointed at, and the text below it.
    void complain_at(std::size_t column, std::string const& text, std::size_t lines_back = 0);
    exit_code refuse(std::string const& reason);
    /// What is wrong with what follows the name of a command to the shell.
    exit_code point_at(meta_command const& said, mistake const& wrong);

    exit_code meta_events(meta_command const& said);
    exit_code meta_help(meta_command const& said);
    exit_code meta_history(meta_command const& said);
    exit_code meta_hmp(meta_command const& said);
    exit_code meta_page(meta_command const& said);
    exit_code meta_pretty(meta_command const& said);
    exit_code meta_quit(meta_command const& said);
    exit_code meta_schema(meta_command const& said);
    exit_code meta_trace(meta_command const& said);
    exit_code meta_wait(meta_command const& said);
    exit_code meta_wait_event(meta_command const& said);
    /// `on` and `off`, or a question for how it is.
    exit_code turn(meta_command const& said, bool& what);

    /// How JSON is printed: `automatic` is one line, but several at a prompt if the JSON does not fit one line.
    enum class layout { automatic, one_line, many_lines };

    monitor& monitor_;
    screen& screen_;
    traffic& traffic_;
    history& history_;
    line_reader reader_;
    human_monitor human_;
    bool const hmp_;
    bool const verbose_;
    layout layout_;
    std::string unit_;
    std::size_t number_ = 0;          ///< of the line that is being executed; 0: lines are not counted
    std::vector<std::string> lines_;  ///< of the statement so far, the one that is being executed too
    std::size_t first_wrong_ = 0;     ///< line of a script's transaction; 0: none. At a prompt the line can be typed again.
    std::size_t printed_ = 0;         ///< what the screen had printed when its execution began
    bool hinted_at_jobs_ = false;
    bool leaving_ = false;
};

}  // namespace qmp_shell

#endif
