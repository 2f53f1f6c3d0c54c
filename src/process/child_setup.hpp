// What a child does between its birth and its program.
// Invariant: run() allocates nothing, takes no lock and calls only functions that are safe after vfork(): until execve() the
// child shares the memory of its parent.
#ifndef COQMP_SRC_PROCESS_CHILD_SETUP_HPP
#define COQMP_SRC_PROCESS_CHILD_SETUP_HPP

#include "process/account.hpp"
#include "process/process_options.hpp"

#include <coqmp/descriptor.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <vector>

// The child runs on a stack of its own in its parent's memory. AddressSanitizer would mark that stack, and the marks would stay.
// In a child it would also print a warning, on the standard error of its parent.
#define COQMP_IN_CHILD __attribute__((no_sanitize("address", "thread")))

namespace coqmp::detail {

/// The paths at which a program is looked for, as execvp() does.
[[nodiscard]] std::vector<std::string> program_candidates(std::string const& program);

/// The steps that can fail, in their order.
enum class child_step : unsigned char {
    none,
    own_session,
    process_group,
    cgroup,
    descriptors,
    limit,
    nice,
    groups,
    user,
    working_directory,
    parent_death_signal,
    program
};

/// Which step failed, in memory that parent and child share.
struct child_report
{
    child_step step = child_step::none;
    int error = 0;
    std::size_t limit = 0;  ///< Which of the limits.
};

/// Made by the parent, used by the child.
class child_setup
{
public:
    static constexpr int ours = -1;     ///< In place of a descriptor: that of the parent.
    static constexpr int nothing = -2;  ///< /dev/null.

    /// Looks everything up that the child needs. May block: not for an event loop.
    /// @param options must live as long as this object
    /// @param standard_output a descriptor, ours or nothing @param standard_error the same
    /// @throws std::runtime_error a user, a group or a cgroup that does not exist
    child_setup(process_options const& options, int standard_output, int standard_error);

    /// Becomes the program, or reports why it cannot and ends the child.
    [[noreturn]] void run(child_report& report) noexcept;

    /// The sentence for a report of a step that failed, without the error's message. Empty if the program itself could not be
    /// run.
    [[nodiscard]] std::string describe(child_report const& report) const;

private:
    /// Performs all steps up to the program. @return whether they succeeded
    bool prepare(child_report& report) noexcept;
    bool place_descriptors() noexcept;
    bool set_limits(child_report& report) noexcept;
    void execute(child_report& report) noexcept;

    process_options const& options_;
    account const account_;
    descriptor cgroup_{-1};
    std::vector<int> sources_;  ///< What becomes the descriptors 0, 1, 2, 3 and so on.
    std::vector<std::string> candidates_;
    std::vector<char*> arguments_;
    std::vector<char*> environment_;
    ::pid_t const parent_ = ::getpid();
};

}  // namespace coqmp::detail

#endif
