// The cgroups of the machines below the service's own, in the unified hierarchy (cgroup v2).
// Invariant: processes are only in leaves, as cgroup v2 demands: the daemon in `daemon` or `supervisor`, each QEMU in
// `machines/NAME`.
#ifndef COQMPD_CGROUPS_CGROUP_TREE_HPP
#define COQMPD_CGROUPS_CGROUP_TREE_HPP

#include "cgroups/cgroup_limits.hpp"
#include "machines/machine_file.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

/// Every function blocks for as long as the kernel does, which is not long.
class cgroup_tree
{
public:
    /// Prepares the cgroup that the service manager has delegated to us: moves our processes into a leaf, and makes this cgroup's
    /// controllers available to the machines if the service manager can then start the next daemon beside them: it has started us
    /// in the leaf `daemon`, or it runs lift_limits() before.
    /// @param root /sys/fs/cgroup; another directory in tests
    /// @param proc_self_cgroup the contents of /proc/self/cgroup
    /// @param limits_are_lifted whether lift_limits() is called when we have ended, however we end
    /// @param problems sentences for the log, such as a controller that is missing
    /// @return null: there is no cgroup v2, or none that is ours; then machines run in our own cgroup, without these limits
    [[nodiscard]] static std::unique_ptr<cgroup_tree> open(std::filesystem::path const& root, std::string const& proc_self_cgroup,
                                                           bool limits_are_lifted, std::vector<std::string>& problems);

    /// Withdraws the controllers from the machines of a daemon that has ended, and so their limits, so that the service manager
    /// can start the next one in the service's own cgroup. Does nothing if the service manager starts daemons in the leaf `daemon`.
    /// @param root as above
    /// @param proc_self_cgroup of a control process of the service, which systemd starts in `.control`
    /// @return sentences about what has failed
    [[nodiscard]] static std::vector<std::string> lift_limits(std::filesystem::path const& root,
                                                              std::string const& proc_self_cgroup);

    /// Creates a machine's cgroup, or takes over the one that an earlier daemon created, and sets its limits.
    /// @param name of a machine, checked
    /// @return its path, for launch_options::cgroup; empty: it could not be created
    [[nodiscard]] std::string prepare(std::string const& name, limit_settings const& limits, std::vector<std::string>& problems);

    /// Sets the limits of a running machine.
    void apply(std::string const& name, limit_settings const& limits, std::vector<std::string>& problems);

    /// Removes the cgroup of a machine that has ended. It stays while a process is in it.
    void remove(std::string const& name) noexcept;

private:
    explicit cgroup_tree(std::filesystem::path own) : machines_(own / "machines"), own_(std::move(own)) {}

    void enter_leaf(std::string_view name, std::vector<std::string>& problems);
    void delegate(std::filesystem::path const& from, std::vector<std::string>& problems);

    std::filesystem::path machines_;
    std::filesystem::path own_;
};

}  // namespace coqmpd

#endif
