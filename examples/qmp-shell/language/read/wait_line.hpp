// What follows `:wait` and `:wait-event`.
#ifndef QMP_SHELL_LANGUAGE_READ_WAIT_LINE_HPP
#define QMP_SHELL_LANGUAGE_READ_WAIT_LINE_HPP

#include "language/read/argument.hpp"
#include "language/read/lexer.hpp"

#include <coqmp/event.hpp>
#include <coqmp/schema.hpp>

#include <boost/json/object.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

struct wait_line
{
    std::vector<word> words;  ///< without the option
    std::optional<std::chrono::milliseconds> limit;
};

/// `JOB STATE --timeout SECONDS`; the option stands anywhere. @throws mistake
[[nodiscard]] wait_line read_wait_line(std::string_view text);

/// For a limit that is written as an argument: `: a limit is written ...`. @return empty: the word is something else
[[nodiscard]] std::string hint_at_limit(std::string_view word);

/// Why no event can match, and what may have been meant. @return empty: one may, or it is unknown
[[nodiscard]] std::string refuse_pattern(std::string const& pattern, coqmp::schema const& known);

/// The states of a job, in the order of its life. QEMU's `undefined` is left out: no job is ever seen in it.
inline constexpr std::array<std::string_view, 10> job_states{"created", "running", "paused",   "ready",     "standby",
                                                             "waiting", "pending", "aborting", "concluded", "null"};

/// An event that is waited for.
struct wanted_event
{
    std::string pattern;          ///< of its name, as `:events` takes it
    boost::json::object members;  ///< that its data must have

    [[nodiscard]] bool fits(coqmp::event const& what) const;
};

/// `EVENT key=value a.b=value`, the values typed as the event's data are. @param words are not empty
/// @throws mistake
[[nodiscard]] wanted_event read_wanted_event(std::span<word const> words, coqmp::schema const& known);

}  // namespace qmp_shell

#endif
