#include "supervisor/dump_place.hpp"

#include "detail/explained_error.hpp"
#include "detail/own_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace coqmp::detail {

namespace {

constexpr ::mode_t dump_directory_mode = 0700;
constexpr ::mode_t dump_mode = 0600;

explained_error dump_error(std::string const& what, std::string const& path)
{
    boost::system::error_code const code(errno, boost::system::system_category());
    return {code, what + path + ": " + code.message()};
}

unique_fd open_dump_directory(std::string const& path)
{
    if (::mkdir(path.c_str(), dump_directory_mode) != 0 && errno != EEXIST)
        throw dump_error("cannot make the directory ", path);
    unique_fd result(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    require_own_directory(result.number(), path);
    return result;
}

}  // namespace

dump_place::dump_place(std::string machine, dump_settings settings)
    : machine_(std::move(machine)), settings_(std::move(settings)), directory_(open_dump_directory(settings_.directory))
{}

unique_fd dump_place::create(std::uint64_t memory)
{
    discard();  // incomplete dumps of earlier processes
    if (settings_.largest == 0 || memory <= settings_.largest)
        for (std::string const& each : surplus_dumps(machine_, names(), settings_.most == 0 ? SIZE_MAX : settings_.most - 1))
            ::unlinkat(directory_.number(), each.c_str(), 0);
    if (std::string const why = dump_refusal(memory, settings_, free_bytes()); !why.empty())
        throw explained_error(make_error_code(boost::system::errc::file_too_large), why);
    std::string const name = incomplete_name_of(dump_name(machine_, std::chrono::system_clock::now()));
    unique_fd result(
        ::openat(directory_.number(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, dump_mode));
    if (result.number() < 0)
        throw dump_error("cannot create the file ", settings_.directory + '/' + name);
    return result;
}

std::string dump_place::keep()
{
    std::vector<std::string> incomplete = names();
    std::erase_if(incomplete, [this](std::string const& each) { return !is_incomplete_dump_of(machine_, each); });
    if (incomplete.empty())
        return {};
    std::string const latest = std::ranges::max(incomplete);  // by time
    struct ::stat status{};
    if (::fstatat(directory_.number(), latest.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_size == 0)
        return {};  // QEMU meant an earlier dump
    std::string const name = complete_name_of(latest);
    if (::renameat(directory_.number(), latest.c_str(), directory_.number(), name.c_str()) != 0)
        throw dump_error("cannot rename the complete dump ", settings_.directory + '/' + latest);
    discard();  // older ones
    return settings_.directory + '/' + name;
}

void dump_place::discard() noexcept
try {
    for (std::string const& each : names())
        if (is_incomplete_dump_of(machine_, each))
            ::unlinkat(directory_.number(), each.c_str(), 0);
} catch (std::exception const&) {
    // The next dump of this machine removes them.
}

std::vector<std::string> dump_place::names() const
{
    int const copy = ::openat(directory_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<::DIR, int (*)(::DIR*)> const all(copy >= 0 ? ::fdopendir(copy) : nullptr, &::closedir);
    if (!all) {
        auto const failure = dump_error("cannot read the directory ", settings_.directory);
        if (copy >= 0)
            ::close(copy);
        throw failure;
    }
    std::vector<std::string> result;
    while (::dirent const* const each = ::readdir(all.get()))  // NOLINT(concurrency-mt-unsafe): this DIR is ours alone
        result.emplace_back(&each->d_name[0]);
    return result;
}

std::uint64_t dump_place::free_bytes() const
{
    struct ::statvfs space{};
    if (::fstatvfs(directory_.number(), &space) != 0)
        throw dump_error("cannot ask for the free space of ", settings_.directory);
    return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

}  // namespace coqmp::detail
