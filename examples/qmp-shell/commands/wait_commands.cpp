// The shell's commands that wait: for a job, for an event.
#include "commands/event_wait.hpp"
#include "commands/job_progress.hpp"
#include "commands/shell_command.hpp"
#include "commands/wait_limit.hpp"
#include "language/explain/similar.hpp"
#include "language/job_states.hpp"
#include "language/read/unicode.hpp"
#include "language/read/wait_line.hpp"
#include "language/text.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

exit_code point_at(shell_context& context, meta_command const& typed, mistake const& wrong)
{
    context.diagnostics.point_at(typed.rest_column + wrong.where.column, harmless(wrong.message));
    return exit_code::usage;
}

}  // namespace

exit_code wait_for_job(shell_context& context, meta_command const& typed)
try {
    auto const [words, limit] = read_wait_line(typed.rest);
    if (words.empty() || words.size() > 2)
        return context.diagnostics.refuse(
            ":wait takes a job and, optionally, a state to wait for" +
            hint_at_limit(words.empty() ? std::string_view() : std::string_view(words.back().text)));
    std::string const state = words.size() == 2 ? words.back().text : std::string();
    std::vector<std::string> const states(job_states.begin(), job_states.end());
    if (!state.empty() && std::find(states.begin(), states.end(), state) == states.end()) {
        std::string const meant = did_you_mean(similar_to(state, states));
        std::string const limit_meant = hint_at_limit(state);
        if (!limit_meant.empty())
            return context.diagnostics.refuse(abbreviated(harmless(state)) + " is not a state of a job" + limit_meant);
        return context.diagnostics.refuse("there is no job state " + abbreviated(harmless(state)) +
                                          (meant.empty() ? ": the states are " + joined(states, ", ") : " (" + meant + ')'));
    }
    return wait_for_job(context.monitor, context.screen, words.front().text, state, wait_limit(limit));
} catch (mistake const& wrong) {
    return point_at(context, typed, wrong);
}

exit_code wait_for_event(shell_context& context, meta_command const& typed)
try {
    auto const [words, limit] = read_wait_line(typed.rest);
    if (words.empty())
        return context.diagnostics.refuse(
            ":wait-event takes an event and, optionally, values that its data must have: :wait-event DEVICE_DELETED device=net0");
    wait_limit const until(limit);  // the schema may have to be asked for
    wanted_event const what = read_wanted_event(words, context.monitor.known());
    return wait_for_event(context.monitor, context.screen, what, until,
                          [&context](boost::json::value const& event) { return context.format(event); });
} catch (mistake const& wrong) {
    return point_at(context, typed, wrong);
}

}  // namespace qmp_shell
