// Small files that one program leaves for the next.
#ifndef COQMP_SRC_DETAIL_SMALL_FILE_HPP
#define COQMP_SRC_DETAIL_SMALL_FILE_HPP

#include <optional>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// The file's contents. @return nothing: there is no such file
/// @throws boost::system::system_error the kernel's error; what() names the file
[[nodiscard]] std::optional<std::string> read_small_file(std::string const& path);

/// Replaces a file atomically, or leaves it as it was: a program that is killed meanwhile, or a full disk, never leaves half a file.
/// Only its owner can read the new one. It need not survive the end of the host: it does not wait for the disk.
/// @throws boost::system::system_error the kernel's error; what() names the file
void replace_small_file(std::string const& path, std::string_view contents);

/// The same, and waits for the disk: when it returns, the new file survives a crash of the host. Not for use in an event loop.
/// @throws boost::system::system_error the kernel's error; what() names the file. If only the directory could not be written to the
/// disk, the new file is already in place.
void replace_small_file_on_disk(std::string const& path, std::string_view contents);

}  // namespace coqmp::detail

#endif
