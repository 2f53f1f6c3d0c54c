// The human monitor's language, through `human-monitor-command`.
#ifndef QMP_SHELL_COMMANDS_HMP_HPP
#define QMP_SHELL_COMMANDS_HMP_HPP

#include "exit_code.hpp"
#include "language/complete/completion.hpp"
#include "qemu/monitor.hpp"
#include "terminal/screen.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// Sends lines and shows their texts. It keeps the choice of a CPU, which QEMU forgets after each line.
class hmp
{
public:
    hmp(monitor& monitor, screen& screen) : monitor_(monitor), screen_(screen) {}

    exit_code execute(std::string_view line);
    [[nodiscard]] std::string prompt() const;
    /// Whether there is such a command. QEMU is asked.
    [[nodiscard]] bool knows(std::string_view command);
    [[nodiscard]] completion complete(std::string_view line);

private:
    [[nodiscard]] coqmp::command command_of(std::string_view line) const;
    exit_code choose_processor(std::string_view words);
    /// `block_job_cancel -f copy` ends a job as its namesake in QMP does.
    void note_job(std::vector<std::string> const& words);
    exit_code show(std::string_view line, answer const& came);
    /// What may have been meant by a command that the human monitor does not know.
    [[nodiscard]] std::string hint_at_command(std::string const& name);
    [[nodiscard]] completion complete_argument(std::string_view line);
    std::vector<candidate> const& commands() { return ask_once(commands_, "help", ""); }
    std::vector<candidate> const& subjects() { return ask_once(subjects_, "help info", "info "); }
    /// What the text of that line lists, unless it is known. @param before as for listed_in()
    std::vector<candidate> const& ask_once(std::vector<candidate>& known, std::string_view line, std::string_view before);

    monitor& monitor_;
    screen& screen_;
    /// None until `cpu N` was said: a machine may have no CPU at all.
    std::optional<std::int64_t> processor_;
    std::vector<candidate> commands_;  ///< from `help`
    std::vector<candidate> subjects_;  ///< of `info`
};

/// What a text such as that of `help` or `info` lists: `name|other arguments -- purpose` in each line.
/// @param before words to leave out at the beginning of a line
[[nodiscard]] std::vector<candidate> listed_in(std::string_view text, std::string_view before);

}  // namespace qmp_shell

#endif
