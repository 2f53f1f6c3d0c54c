#include "machine/lock_holder.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace coqmp::detail {

namespace {

bool is_locked(std::string const& path)
{
    descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return file.number() >= 0 && ::flock(file.number(), LOCK_EX | LOCK_NB) != 0;  // closing it unlocks it
}

/// Whether a descriptor has a lock: only one that is inherited, or a copy of it, is described so, and not another one of the same file.
/// @param description a file of /proc/PID/fdinfo
bool has_lock(std::filesystem::path const& description)
{
    std::ifstream lines(description);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("lock:") && line.find("FLOCK") != std::string::npos)
            return true;
    return false;
}

/// Whether a process has locked a file. @param process its folder in /proc @param path without symbolic links
bool has_locked(std::filesystem::path const& process, std::filesystem::path const& path)
{
    std::error_code failure;
    for (auto each = std::filesystem::directory_iterator(process / "fd", failure); !failure && each != end(each);
         each.increment(failure)) {
        std::error_code closed_meanwhile;
        if (std::filesystem::read_symlink(each->path(), closed_meanwhile) == path &&
            has_lock(process / "fdinfo" / each->path().filename()))
            return true;
    }
    return false;
}

std::optional<process_identity> identity_unless_ended(::pid_t process)
{
    try {
        return identity_of(process);
    } catch (boost::system::system_error const&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<process_identity> holder_of_lock(std::string const& path)
{
    std::error_code failure;
    std::filesystem::path const file = std::filesystem::canonical(path, failure);
    if (failure || !is_locked(path))
        return std::nullopt;
    std::optional<process_identity> result;
    for (auto each = std::filesystem::directory_iterator("/proc", failure); !failure && each != end(each);
         each.increment(failure)) {
        std::string const name = each->path().filename();
        ::pid_t process = 0;
        auto const parsed = std::from_chars(name.data(), name.data() + name.size(), process);
        if (parsed.ec != std::errc() || process == ::getpid() || !has_locked(each->path(), file))
            continue;
        auto identity = identity_unless_ended(process);
        if (identity && (!result || identity->start_time < result->start_time))
            result = std::move(identity);
    }
    return result;
}

}  // namespace coqmp::detail
