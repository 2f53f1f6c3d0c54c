// Which reports about a machine are changes, also across a restart of the daemon, without I/O.
#ifndef COQMPD_HOOKS_REPORT_FILTER_HPP
#define COQMPD_HOOKS_REPORT_FILTER_HPP

#include <coqmp/lifecycle.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coqmpd {

/// A state and its reason.
struct reported_state
{
    coqmp::lifecycle state = coqmp::lifecycle::defined;
    coqmp::lifecycle_reason reason = coqmp::lifecycle_reason::none;

    friend bool operator==(reported_state const&, reported_state const&) = default;
};

/// `running`, or `given-up panicked`.
[[nodiscard]] std::string to_string(reported_state const& what);
/// @return nothing: to_string() has not written it
[[nodiscard]] std::optional<reported_state> parse_reported_state(std::string_view text);

/// The reports about one machine.
class report_filter
{
public:
    /// What an earlier daemon has seen last.
    void recall(reported_state last) noexcept;

    /// @return whether this is a change
    [[nodiscard]] bool take(reported_state now) noexcept;
    /// An event of QEMU's.
    void take(std::string_view event) noexcept;

    /// What was seen last.
    [[nodiscard]] std::optional<reported_state> const& last() const noexcept { return last_; }

private:
    std::optional<reported_state> last_;
    bool is_recalled_ = false;
    /// A machine that is adopted counts as running until QEMU says more. If it was paused, it may still be.
    bool is_provisional_ = false;
};

}  // namespace coqmpd

#endif
