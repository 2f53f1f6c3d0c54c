#include "machine/lock_holder.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace coqmp::detail {

namespace {

bool is_locked(std::string const& path)
{
    descriptor const file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    return file.number() >= 0 && ::flock(file.number(), LOCK_EX | LOCK_NB) != 0;  // closing it unlocks it
}

/// Whether a process has a file open. @param descriptors its directory in /proc @param path without symbolic links
bool has_open(std::filesystem::path const& descriptors, std::filesystem::path const& path)
{
    std::error_code failure;
    for (auto each = std::filesystem::directory_iterator(descriptors, failure); !failure && each != end(each);
         each.increment(failure)) {
        std::error_code closed_meanwhile;
        if (std::filesystem::read_symlink(each->path(), closed_meanwhile) == path)
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
        if (parsed.ec != std::errc() || process == ::getpid() || !has_open(each->path() / "fd", file))
            continue;
        auto identity = identity_unless_ended(process);
        if (identity && (!result || identity->start_time < result->start_time))
            result = std::move(identity);
    }
    return result;
}

}  // namespace coqmp::detail
