// The shell's commands that wait: for a job, for an event.
#include "commands/event_wait.hpp"
#include "commands/interpreter.hpp"
#include "commands/job_progress.hpp"
#include "commands/wait_limit.hpp"
#include "language/explain/similar.hpp"
#include "language/job_states.hpp"
#include "language/read/unicode.hpp"
#include "language/read/wait_line.hpp"
#include "terminal/text.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

std::string joined(std::vector<std::string> const& names)
{
    std::string result;
    for (std::string const& each : names)
        result += (result.empty() ? "" : ", ") + each;
    return result;
}

}  // namespace

exit_code interpreter::point_at(meta_command const& said, mistake const& wrong)
{
    complain_at(said.rest_column + wrong.where.column, harmless(wrong.message));
    return exit_code::usage;
}

exit_code interpreter::meta_wait(meta_command const& said)
{
    auto const read = read_wait_line(said.rest);
    if (auto const* const wrong = std::get_if<mistake>(&read))
        return point_at(said, *wrong);
    auto const& [words, limit] = std::get<wait_line>(read);
    if (words.empty() || words.size() > 2)
        return refuse(":wait takes a job, and perhaps a state to wait for" +
                      hint_at_limit(words.empty() ? std::string_view() : std::string_view(words.back().text)));
    std::string const state = words.size() == 2 ? words.back().text : std::string();
    std::vector<std::string> const states(job_states.begin(), job_states.end());
    if (!state.empty() && std::find(states.begin(), states.end(), state) == states.end()) {
        std::string const meant = did_you_mean(similar_to(state, states));
        std::string const limit_meant = hint_at_limit(state);
        if (!limit_meant.empty())
            return refuse(abbreviated(harmless(state)) + " is no state of a job" + limit_meant);
        return refuse("no job has a state " + abbreviated(harmless(state)) +
                      (meant.empty() ? ": there are " + joined(states) : " (" + meant + ')'));
    }
    return wait_for_job(monitor_, screen_, words.front().text, state, wait_limit(limit));
}

exit_code interpreter::meta_wait_event(meta_command const& said)
{
    auto const read = read_wait_line(said.rest);
    if (auto const* const wrong = std::get_if<mistake>(&read))
        return point_at(said, *wrong);
    auto const& [words, limit] = std::get<wait_line>(read);
    if (words.empty())
        return refuse(":wait-event takes an event, and perhaps what its data must be: :wait-event DEVICE_DELETED device=net0");
    wait_limit const until(limit);  // the schema may have to be asked for
    auto const what = read_wanted_event(words, monitor_.known());
    if (auto const* const wrong = std::get_if<mistake>(&what))
        return point_at(said, *wrong);
    return wait_for_event(monitor_, screen_, std::get<wanted_event>(what), until,
                          [this](boost::json::value const& event) { return laid_out(event); });
}

}  // namespace qmp_shell
