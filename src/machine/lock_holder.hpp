// Which process holds a lock that it has inherited.
#ifndef COQMP_SRC_MACHINE_LOCK_HOLDER_HPP
#define COQMP_SRC_MACHINE_LOCK_HOLDER_HPP

#include "process/process_identity.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The process that has locked a file with flock(); of several, the one that was started first, because the others are
/// its children. /proc/locks does not help: it names the program that locked the file, which has ended since.
/// @param path the absolute path of the file
/// @return nothing: the file does not exist or is not locked, or no process that we may inspect has it open
[[nodiscard]] std::optional<process_identity> holder_of_lock(std::string const& path);

/// The same for many files: all processes are looked at once for all of them, and again only for a file whose holder was not among
/// them.
/// @par Threads Any.
class lock_holders
{
public:
    /// @param directory the files are in it, or below it
    explicit lock_holders(std::string const& directory);

    /// @return as holder_of_lock()
    [[nodiscard]] std::optional<process_identity> of(std::string const& path);

    /// How often all processes were looked at.
    [[nodiscard]] unsigned searches() const noexcept { return searches_; }

private:
    using table = std::map<std::filesystem::path, process_identity>;

    [[nodiscard]] std::optional<process_identity> known(std::filesystem::path const& file) const;

    std::filesystem::path directory_;  ///< Without symbolic links.
    std::mutex mutex_;                 ///< Protects the rest.
    table found_;
    unsigned searches_ = 0;
};

}  // namespace coqmp::detail

#endif
