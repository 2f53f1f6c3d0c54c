// The descriptors that a service manager passes on to the daemon: the protocol of sd_listen_fds_with_names(3).
#ifndef COQMP_DAEMON_PASSED_DESCRIPTORS_HPP
#define COQMP_DAEMON_PASSED_DESCRIPTORS_HPP

#include <coqmp/descriptor_store.hpp>

#include <vector>

namespace coqmp_daemon {

/// Takes the descriptors over, so that no child process inherits them, and removes the variables that describe them from the
/// environment. Call it once, before there is a second thread and before descriptors are opened.
[[nodiscard]] std::vector<coqmp::stored_descriptor> take_passed_descriptors();

}  // namespace coqmp_daemon

#endif
