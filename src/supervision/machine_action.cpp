#include "supervision/machine_action.hpp"

#include <ostream>

namespace coqmp::detail::actions {

namespace {

/// Prints one action.
struct action_printer
{
    std::ostream& out;

    void operator()(store const& it) const { out << "store [" << it.memory << ']'; }
    void operator()(launch const& /*it*/) const { out << "launch"; }
    void operator()(shut_down const& it) const
    {
        out << "shut down";
        if (it.budget > std::chrono::nanoseconds::zero())
            out << " within " << std::chrono::duration_cast<std::chrono::milliseconds>(it.budget).count() << " ms";
    }
    void operator()(extend_shutdown const& it) const
    {
        out << "extend by " << std::chrono::duration_cast<std::chrono::milliseconds>(it.by).count() << " ms";
    }
    void operator()(kill const& /*it*/) const { out << "kill"; }
    void operator()(ask_state const& /*it*/) const { out << "ask for the state"; }
    void operator()(ask_out_of_band const& /*it*/) const { out << "ask out of band"; }
    void operator()(continue_guest const& /*it*/) const { out << "continue"; }
    void operator()(reset_guest const& /*it*/) const { out << "reset"; }
    void operator()(dump_guest const& /*it*/) const { out << "dump"; }
    void operator()(reconnect const& /*it*/) const { out << "reconnect"; }
    void operator()(release const& /*it*/) const { out << "release"; }
    void operator()(report const& it) const { out << "report [" << it.status << ']'; }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, machine_action const& action)
{
    std::visit(action_printer{out}, action);
    return out;
}

std::ostream& operator<<(std::ostream& out, std::vector<machine_action> const& list)
{
    char const* separator = "";
    for (machine_action const& each : list) {
        out << separator << each;
        separator = ", ";
    }
    return out;
}

}  // namespace coqmp::detail::actions
