// What a hook is run for, and what its program receives.
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
    std::string event;         ///< The event's name. Empty: a change of state.
    boost::json::object data;  ///< The event's data.
    std::string state;         ///< `given-up`, for example. With an event: the current state.
    std::string reason;        ///< `panicked`, for example; empty: there is none.
};

/// The occasions on which one hook is run. If all lists are empty, it is run on all.
struct hook_selection
{
    std::vector<std::string> events;
    std::vector<std::string> states;
    std::vector<std::string> reasons;

    /// Whether the hook is run: for an event if it is listed; for a change of state if the state or the reason is listed.
    [[nodiscard]] bool has(hook_occasion const& occasion) const;
};

/// What the program reads from its standard input: one line of JSON, such as
/// `{"machine":"vm1","state":"failed","reason":"panicked"}` or
/// `{"machine":"vm1","state":"running","event":"GUEST_PANICKED","data":{"action":"pause"}}`. Instead of data of more than 64 KiB,
/// which no event of an unmodified QEMU has, there is `"data-left-out":true`.
[[nodiscard]] std::string hook_input(hook_occasion const& occasion);

/// The program's environment: the variables of `inherited`, except those that begin with `COQMP_`, and then `COQMP_MACHINE`,
/// `COQMP_STATE`, `COQMP_REASON` and `COQMP_EVENT`, which may be empty. Each has the form `NAME=value`.
/// @param inherited in the same form
[[nodiscard]] std::vector<std::string> hook_environment(hook_occasion const& occasion, std::vector<std::string> const& inherited);

}  // namespace coqmp_daemon

#endif
