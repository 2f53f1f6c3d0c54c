// Carries out one action that the rules of supervision ask for.
#ifndef COQMP_SRC_SUPERVISOR_ACTION_PERFORMER_HPP
#define COQMP_SRC_SUPERVISOR_ACTION_PERFORMER_HPP

#include "supervision/machine_action.hpp"
#include "supervision/restart_rules.hpp"

#include <coqmp/command.hpp>
#include <coqmp/reply.hpp>

#include <functional>

namespace coqmp::detail {

class machine_driver;

struct action_performer
{
    machine_driver& driver;

    void operator()(actions::store const& what) const;
    void operator()(actions::launch const& what) const;
    void operator()(actions::shut_down const& what) const;
    void operator()(actions::extend_shutdown const& what) const;
    void operator()(actions::kill const& what) const;
    void operator()(actions::ask_state const& what) const;
    void operator()(actions::ask_out_of_band const& what) const;
    void operator()(actions::continue_guest const& what) const;
    void operator()(actions::reset_guest const& what) const;
    void operator()(actions::dump_guest const& what) const;
    void operator()(actions::reconnect const& what) const;
    void operator()(actions::release const& what) const;
    void operator()(actions::report const& what) const;

private:
    using answer_handler = std::function<void(machine_driver&, reply const&)>;

    void ask(command&& request, answer_handler answered) const;
};

}  // namespace coqmp::detail

#endif
