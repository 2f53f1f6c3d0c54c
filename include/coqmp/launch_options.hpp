// How a program is launched.
#ifndef COQMP_LAUNCH_OPTIONS_HPP
#define COQMP_LAUNCH_OPTIONS_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/output_target.hpp>
#include <coqmp/resource_limit.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coqmp {

/// The program that a machine launches, and the process in which it runs. A step of the launch that fails, such as the change of
/// the user, ends the start with errc::launch_failed and the name of the step.
/// @see examples/launch_options.cpp
struct launch_options
{
    launch_options() = default;  // not an aggregate, as session_options

    std::string program = "qemu-system-x86_64";  ///< Found through PATH if it has no slash.
    /// Arguments, excluding those for the monitor, which are appended; the id of its chardev begins with
    /// listener::default_chardev_id, and is one that these arguments do not use. QEMU has to stay in the foreground:
    /// `-daemonize` is refused without machine_spec::outlives_us, and a script that ends before the QEMU that it has started
    /// leaves that QEMU unwatched.
    std::vector<std::string> arguments;
    /// The environment, `NAME=value` each, instead of our own.
    std::optional<std::vector<std::string>> environment;

    /// Descriptors that the program inherits, by name. In an argument, `{fd:NAME}` stands for the number that the descriptor has
    /// in the program: `-netdev tap,id=net0,fd={fd:tap}`. A name that no argument uses, and one that is not here, end the start.
    /// All other descriptors are closed. The machine closes its copies when the program has been started.
    std::map<std::string, descriptor> descriptors;
    /// Standard output goes where ours goes.
    output_target standard_output = output_target::inherited();
    /// Standard error. Its end is kept as well (error_tail), unless it is inherited or goes to a descriptor that is not that of a
    /// regular file.
    output_target standard_error = output_target::discarded();
    std::size_t error_tail = std::size_t{16} << 10;  ///< Bytes of the end of its standard error that are kept.

    /// The directory in which the program starts, entered as its user. A program with a slash in its name, and with a relative
    /// path, is found from there. Empty: ours.
    std::string working_directory;
    /// A name, a number, or `+NUMBER`, which is not looked up. Empty: ours. A change of users needs CAP_SETUID.
    std::string user;
    std::string group;  ///< The same. Empty: that of `user`, or ours without one. A user `+NUMBER` needs one.
    /// The same. None: those that `user` has in the system's database; ours if neither `user` nor `group` is set.
    std::vector<std::string> supplementary_groups;
    std::vector<resource_limit> limits;  ///< Set before the user is changed, so that a privileged caller can raise them.
    std::optional<int> nice;             ///< -20 (most favourable) to 19. A lower value than ours needs CAP_SYS_NICE.
    /// The path of a cgroup's directory: the program is in it from its first instruction.
    std::string cgroup;
    /// Starts the program in a session of its own, without a controlling terminal (`setsid`).
    bool own_session = false;
    /// A signal that the kernel sends to the program when our process ends, however that happens, and when our process executes
    /// another program (`execve`). Zero: none. Empty: none with machine_spec::outlives_us, otherwise SIGKILL, because no program
    /// could control QEMU any more. So go into the background (`daemon()`) before you launch. The kernel sends it only to the
    /// process that we start, so a QEMU behind a wrapper script survives. It sends nothing if the program changes its privileges.
    std::optional<int> parent_death_signal;
    /// Starts the program in our own process group, for programs that use the terminal (`-display curses`) or that create a
    /// session of their own. Ctrl-C and Ctrl-Z in the terminal then reach QEMU as well, and Ctrl-C kills a guest that is being
    /// shut down. Otherwise QEMU gets a process group of its own.
    bool share_process_group = false;
};

}  // namespace coqmp

#endif
