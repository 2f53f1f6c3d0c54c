// With what the present QEMU of a machine may have been launched, while its file changes, without I/O.
// Invariant: what it was launched with is among them. They may be too many: then an image counts as used that is not.
#ifndef COQMPD_STORED_POSSIBLE_LAUNCHES_HPP
#define COQMPD_STORED_POSSIBLE_LAUNCHES_HPP

#include "stored/launched_arguments.hpp"

#include <coqmp/lifecycle.hpp>

#include <optional>
#include <vector>

namespace coqmpd {

/// The supervisor launches a QEMU whenever it is time, with the newest arguments that it has. So a launch that has been reported
/// was with the present arguments or, if they have changed since, with one of the later ones.
class possible_launches
{
public:
    /// A machine that the supervisor gets now. @param current the arguments of its file
    explicit possible_launches(launched_arguments current) : current_(std::move(current)) {}
    /// The same, but an earlier daemon may have left a QEMU that was launched with one of these.
    possible_launches(launched_arguments current, std::vector<launched_arguments> earlier);

    /// The file says this now; the supervisor does not know it yet.
    void announce(launched_arguments next) { announced_ = std::move(next); }
    /// The supervisor gets what was announced.
    /// @param state the newest one that it has reported
    void apply(coqmp::lifecycle state);
    /// The machine has this state now. @return whether there are fewer possibilities
    bool take(coqmp::lifecycle state);

    /// Those of the QEMU that lives, or that starts by itself; empty: there is none.
    [[nodiscard]] std::vector<launched_arguments> in_use() const;
    /// The same for the next daemon, which does not know whether what was announced is in use by then.
    [[nodiscard]] std::vector<launched_arguments> all() const;

    [[nodiscard]] coqmp::lifecycle state() const noexcept { return state_; }

private:
    std::vector<launched_arguments> earlier_;
    launched_arguments current_;
    std::optional<launched_arguments> announced_;
    coqmp::lifecycle state_ = coqmp::lifecycle::defined;
};

}  // namespace coqmpd

#endif
