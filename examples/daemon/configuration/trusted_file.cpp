#include "daemon/configuration/trusted_file.hpp"

#include "daemon/configuration/account_names.hpp"
#include "daemon/configuration/problem_list.hpp"
#include "daemon/printable_text.hpp"

#include <coqmp/descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace coqmp_daemon {

namespace {

constexpr std::size_t largest = 1 << 20;

[[noreturn]] void refuse(std::string const& path, std::string const& reason)
{
    throw configuration_error({printable(path) + ": " + reason});
}

[[noreturn]] void refuse(std::string const& path, int error)
{
    refuse(path, "cannot read it: " + std::generic_category().message(error));
}

struct ::stat facts_about(int descriptor, std::string const& path)
{
    struct ::stat result = {};
    if (::fstat(descriptor, &result) != 0)
        refuse(path, errno);
    return result;
}

std::string read_all(int descriptor, std::string const& path)
{
    std::string result;
    std::array<char, 4096> piece{};
    for (;;) {
        ssize_t const count = ::read(descriptor, piece.data(), piece.size());
        if (count == 0)
            return result;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            refuse(path, errno);
        result.append(piece.data(), static_cast<std::size_t>(count));
        if (result.size() > largest)
            refuse(path, "it is larger than 1 MiB, which no configuration needs");
    }
}

}  // namespace

std::string find_distrust(std::string const& path, struct ::stat const& facts, ::uid_t us)
{
    bool const is_directory = S_ISDIR(facts.st_mode);
    std::string const subject = is_directory ? "its directory " + printable(path) : "it";
    std::string const word = quoted_for_shell(path);
    if (facts.st_uid != 0 && facts.st_uid != us)
        return subject + " belongs to user " + describe_user(facts.st_uid) + ", who could change it; to trust it: chown " +
               (us == 0 ? "root" : std::to_string(us)) + ' ' + printable(word);
    // In a sticky directory, only a file's owner can replace it.
    bool const is_protected = is_directory && (facts.st_mode & S_ISVTX) != 0;
    if (is_protected || (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return {};
    std::string const writers = (facts.st_mode & S_IWOTH) != 0 ? "every user" : "its group";
    return subject + " can be changed by " + writers + "; to trust it: chmod go-w " + printable(word);
}

std::string read_trusted_file(std::string const& path, ::uid_t us)
{
    std::filesystem::path const split(path);
    std::string const directory = split.has_parent_path() ? split.parent_path().native() : ".";
    coqmp::descriptor const parent(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (parent.number() < 0)
        refuse(path, errno);
    // O_NONBLOCK: a FIFO without a writer is opened at once, and refused.
    coqmp::descriptor const file(
        ::openat(parent.number(), split.filename().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.number() < 0)
        refuse(path, errno);
    struct ::stat const facts = facts_about(file.number(), path);
    if (!S_ISREG(facts.st_mode))
        refuse(path, "it is not a regular file");
    std::vector<std::string> reasons;
    for (std::string const& each :
         {find_distrust(path, facts, us), find_distrust(directory, facts_about(parent.number(), path), us)})
        if (!each.empty())
            reasons.push_back(printable(path) + ": " + each);
    if (!reasons.empty())
        throw configuration_error(std::move(reasons));
    return read_all(file.number(), path);
}

}  // namespace coqmp_daemon
