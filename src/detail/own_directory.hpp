// A directory in which only we can put files.
#ifndef COQMP_SRC_DETAIL_OWN_DIRECTORY_HPP
#define COQMP_SRC_DETAIL_OWN_DIRECTORY_HPP

#include <string>

namespace coqmp::detail {

/// Checks that a directory belongs to our user, and that no other user may write to it.
/// @param opened negative: open() has failed, and errno says why @param path for the message
/// @throws boost::system::system_error `permission_denied`, or the kernel's error; what() names the directory
void require_own_directory(int opened, std::string const& path);

}  // namespace coqmp::detail

#endif
