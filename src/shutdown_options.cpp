#include <coqmp/shutdown_options.hpp>

#include <coqmp/guest_agent.hpp>

#include <ostream>
#include <utility>

namespace coqmp {

shutdown_options& shutdown_options::ask_through(guest_agent const& agent) &
{
    agent_ = detail::impl_of(agent);
    agent_address_.reset();
    return *this;
}

shutdown_options& shutdown_options::ask_through(std::optional<endpoint> agent) &
{
    agent_.reset();
    agent_address_ = std::move(agent);
    return *this;
}

char const* to_string(shutdown_step step) noexcept
{
    switch (step) {
        case shutdown_step::guest:
            return "power button";
        case shutdown_step::quit:
            return "quit";
        case shutdown_step::terminate:
            return "SIGTERM";
        case shutdown_step::kill:
            return "SIGKILL";
        case shutdown_step::none:
            break;
    }
    return "none";
}

std::ostream& operator<<(std::ostream& out, shutdown_step step)
{
    return out << to_string(step);
}

}  // namespace coqmp
