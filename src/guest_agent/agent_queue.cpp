#include "guest_agent/agent_queue.hpp"

#include "detail/outcome.hpp"
#include "guest_agent/freezing.hpp"

#include <coqmp/error.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace coqmp::detail {

using boost::system::error_code;

void agent_queue::add_cleanup(command&& what, agent_command::end_function on_end, bool goes_first)
{
    auto const cleanup = std::make_shared<agent_command>(std::move(what));
    cleanup->is_cleanup = true;
    cleanup->on_end = std::move(on_end);
    commands_.insert(goes_first ? commands_.begin() : commands_.end(), cleanup);
}

command_pointer agent_queue::first_sendable(freeze_state const& freeze)
{
    for (auto each = commands_.begin(); each != commands_.end();) {
        command_pointer const candidate = *each;
        if (freeze.allows(candidate->what.name()))
            return candidate;
        ++each;
        if (candidate->is_cleanup || freeze.where() == freeze_state::stage::thawing)
            continue;  // until the guest is thawed
        each = commands_.erase(std::prev(each));
        candidate->on_end = nullptr;
        candidate->complete({}, refusal_while_frozen(candidate->what.name()));
    }
    return nullptr;
}

void agent_queue::expire(time_point now)
{
    std::vector<command_pointer> expired;
    std::ranges::copy_if(commands_, std::back_inserter(expired), [now](auto const& each) { return each->deadline <= now; });
    for (command_pointer const& each : expired)
        if (remove(each))
            each->finish(with_outcome(errc::timed_out, outcome::not_sent), reply::unanswered(false));
}

void agent_queue::fail_all(error_code reason)
{
    for (command_pointer const& each : std::exchange(commands_, {}))
        each->finish(with_outcome(reason, outcome::not_sent), reply::unanswered(false));
}

void agent_queue::close()
{
    std::vector<command_pointer> const queued(commands_.begin(), commands_.end());
    for (command_pointer const& each : queued)
        if (each->is_cleanup)
            each->complete(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
        else if (remove(each))
            each->finish(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
}

bool agent_queue::contains(command_pointer const& what) const
{
    return std::ranges::find(commands_, what) != commands_.end();
}

agent_queue::time_point agent_queue::next_deadline() const noexcept
{
    auto earliest = time_point::max();
    for (command_pointer const& each : commands_)
        earliest = std::min(earliest, each->deadline);
    return earliest;
}

// Other owners may keep the commands, but nothing of the context.
void agent_queue::destroy_handlers() noexcept
{
    for (command_pointer const& each : std::exchange(commands_, {}))
        each->handler.reset();
}

}  // namespace coqmp::detail
