// What a hook is run for, and what it is told.
#ifndef COQMP_DAEMON_HOOKS_HOOK_OCCASION_HPP
#define COQMP_DAEMON_HOOKS_HOOK_OCCASION_HPP

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace coqmp_daemon {

/// An event of QEMU's, or a change of a machine's state.
struct hook_occasion
{
    std::string machine;
    std::string event;         ///< Its name. Empty: it is a change.
    boost::json::object data;  ///< The event's.
    std::string state;         ///< `given-up`, for example. With an event: the present one.
    std::string reason;        ///< `panicked`, for example; empty: there is none.
};

/// The occasions of one hook. All lists empty: it is run for all.
struct hook_selection
{
    std::vector<std::string> events;
    std::vector<std::string> states;
    std::vector<std::string> reasons;

    /// Whether the hook is run: for an event if that is listed; for a change if its state or its reason is.
    [[nodiscard]] bool has(hook_occasion const& occasion) const;
};

/// What the program reads from its standard input: one line of JSON, such as
/// `{"machine":"vm1","state":"failed","reason":"panicked"}` or
/// `{"machine":"vm1","state":"running","event":"GUEST_PANICKED","data":{"action":"pause"}}`.
[[nodiscard]] std::string hook_input(hook_occasion const& occasion);

/// The program's environment: `COQMP_MACHINE`, `COQMP_STATE`, `COQMP_REASON` and `COQMP_EVENT`, each with `=` and its value (empty
/// if it has none), after the variables of `inherited`, of which those that begin with `COQMP_` are left out.
/// @param inherited `NAME=value` each
[[nodiscard]] std::vector<std::string> hook_environment(hook_occasion const& occasion, std::vector<std::string> const& inherited);

}  // namespace coqmp_daemon

#endif
