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

std::optional<process_identity> identity_unless_ended(::pid_t process)
{
    try {
        return identity_of(process);
    } catch (boost::system::system_error const&) {
        return std::nullopt;
    }
}

/// The process of each locked file.
using lock_table = std::map<std::filesystem::path, process_identity>;

/// Adds a process to all files below a place that it has locked. @param process its folder in /proc
void add_locks(std::filesystem::path const& process, ::pid_t number, std::string const& place, lock_table& into)
{
    std::error_code failure;
    for (auto each = std::filesystem::directory_iterator(process / "fd", failure); !failure && each != end(each);
         each.increment(failure)) {
        std::error_code closed_meanwhile;
        std::filesystem::path const file = std::filesystem::read_symlink(each->path(), closed_meanwhile);
        if (!file.native().starts_with(place) || !has_lock(process / "fdinfo" / each->path().filename()))
            continue;
        auto const identity = identity_unless_ended(number);
        auto const known = into.find(file);
        if (identity && (known == into.end() || identity->start_time < known->second.start_time))
            into.insert_or_assign(file, *identity);
    }
}

/// Looks at all processes. @param place a path: all files are found whose paths begin with it
lock_table find_locks(std::string const& place)
{
    lock_table result;
    std::error_code failure;
    for (auto each = std::filesystem::directory_iterator("/proc", failure); !failure && each != end(each);
         each.increment(failure)) {
        std::string const name = each->path().filename();
        ::pid_t process = 0;
        auto const parsed = std::from_chars(name.data(), name.data() + name.size(), process);
        if (parsed.ec == std::errc() && process != ::getpid())
            add_locks(each->path(), process, place, result);
    }
    return result;
}

std::optional<process_identity> holder_in(lock_table const& found, std::filesystem::path const& file)
{
    auto const holder = found.find(file);
    return holder == found.end() ? std::nullopt : std::optional(holder->second);
}

}  // namespace

std::optional<process_identity> holder_of_lock(std::string const& path)
{
    std::error_code failure;
    std::filesystem::path const file = std::filesystem::canonical(path, failure);
    if (failure || !is_locked(path))
        return std::nullopt;
    return holder_in(find_locks(file), file);
}

lock_holders::lock_holders(std::string const& directory)
{
    std::error_code failure;
    directory_ = std::filesystem::canonical(directory, failure);
}

std::optional<process_identity> lock_holders::of(std::string const& path)
{
    std::error_code failure;
    std::filesystem::path const file = std::filesystem::canonical(path, failure);
    if (failure || !is_locked(path))
        return std::nullopt;
    std::scoped_lock const lock(mutex_);
    if (auto const holder = known(file))
        return holder;
    ++searches_;
    found_ = find_locks(directory_.native() + '/');
    return known(file);
}

/// Who has inherited a lock keeps it, so a process that is still the same one still has it.
std::optional<process_identity> lock_holders::known(std::filesystem::path const& file) const
{
    auto holder = holder_in(found_, file);
    return holder && find_process(*holder) ? holder : std::nullopt;
}

}  // namespace coqmp::detail
