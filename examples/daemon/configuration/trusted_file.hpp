// Reads a file that decides what a daemon may do, unless others could have written it.
#ifndef COQMP_DAEMON_CONFIGURATION_TRUSTED_FILE_HPP
#define COQMP_DAEMON_CONFIGURATION_TRUSTED_FILE_HPP

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

namespace coqmp_daemon {

/// The file's contents. Its owner, and its directory's, must be root or `us`, and neither its group nor others may write to it or
/// to its directory (to the directory they may if it is sticky, as /tmp is). The open file is checked, so that it cannot be
/// replaced between the check and the reading. For a symbolic link, the directory that has the link and the file that it leads
/// to are checked.
/// @param us the user whom this process runs as
/// @throws configuration_error the file is not trusted (with the command that fixes it), cannot be read, or has more than 1 MiB
[[nodiscard]] std::string read_trusted_file(std::string const& path, ::uid_t us);

/// The rule, without I/O. @return why the file or directory is not trusted, and what to do; empty: it is
[[nodiscard]] std::string find_distrust(std::string const& path, struct ::stat const& facts, ::uid_t us);

}  // namespace coqmp_daemon

#endif
