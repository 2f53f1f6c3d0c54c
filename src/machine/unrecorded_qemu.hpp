// Whether a process is the QEMU of a machine, although no record says so.
#ifndef COQMP_SRC_MACHINE_UNRECORDED_QEMU_HPP
#define COQMP_SRC_MACHINE_UNRECORDED_QEMU_HPP

#include <coqmp/launch_options.hpp>

#include <sys/types.h>

#include <string>

namespace coqmp::detail {

/// Whether a process that holds a machine's lock may be its QEMU: it runs as the user of the spec, and its command line names the
/// machine's monitor. A helper that has inherited the lock does not pass, and no process of another user does. The program itself is
/// not compared: that of the spec may be a script that has become QEMU.
/// @throws boost::system::system_error as user_of()
[[nodiscard]] bool may_be_qemu(::pid_t process, launch_options const& spec, std::string const& monitor);

/// For people: the number of a process, and the name of its program.
[[nodiscard]] std::string described_process(::pid_t process);

}  // namespace coqmp::detail

#endif
