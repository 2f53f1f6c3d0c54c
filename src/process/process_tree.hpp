// Which process started which, according to /proc.
#ifndef COQMP_SRC_PROCESS_PROCESS_TREE_HPP
#define COQMP_SRC_PROCESS_PROCESS_TREE_HPP

#include <coqmp/descriptor.hpp>

#include <sys/types.h>

#include <vector>

namespace coqmp::detail {

/// Finds all that a process has started and that live: a wrapper script's QEMU, for example. What cannot be found out (a kernel
/// without CONFIG_PROC_CHILDREN) is left out.
/// @param stopping each is stopped (SIGSTOP), the process itself as well, before its children are looked for: it could start
/// another in between. For a caller that is going to kill them.
/// @param process the number of the process @param pidfd decides: if its process has been reaped nothing is found, even if
/// another process has the number now
/// @param found their pidfds are added; those before an exception, too
void find_descendants(::pid_t process, int pidfd, bool stopping, std::vector<descriptor>& found);

}  // namespace coqmp::detail

#endif
