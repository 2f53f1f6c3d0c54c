#include "detail/small_file.hpp"

#include "detail/explained_error.hpp"
#include "detail/unique_fd.hpp"

#include <boost/system/error_code.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>

namespace coqmp::detail {

namespace {

constexpr std::size_t largest = 1 << 20;
constexpr ::mode_t owner_only = 0600;

[[noreturn]] void fail(char const* verb, std::string const& path, int number)
{
    boost::system::error_code const code(number, boost::system::system_category());
    throw explained_error(code, std::string("cannot ") + verb + ' ' + path + ": " + code.message());
}

bool write_all(int file, std::string_view contents) noexcept
{
    while (!contents.empty()) {
        ssize_t const written = ::write(file, contents.data(), contents.size());
        if (written < 0 && errno != EINTR)
            return false;
        contents.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return true;
}

}  // namespace

std::optional<std::string> read_small_file(std::string const& path)
{
    unique_fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // does not wait for the writer of a FIFO
    if (file.number() < 0) {
        if (errno == ENOENT)
            return std::nullopt;
        fail("read", path, errno);
    }
    std::string result;
    std::array<char, 4096> piece{};
    for (;;) {
        ssize_t const count = ::read(file.number(), piece.data(), piece.size());
        if (count == 0)
            return result;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            fail("read", path, errno);
        result.append(piece.data(), static_cast<std::size_t>(count));
        if (result.size() > largest)
            fail("read", path, EFBIG);
    }
}

namespace {

enum class durability { program, host };

// Writes a new file and renames it when it is complete. If another program creates a file or a link of that name meanwhile, it is
// neither opened nor followed.
void replace_file(std::string const& path, std::string_view contents, durability survives)
{
    std::string const fresh = path + ".new";
    ::unlink(fresh.c_str());
    unique_fd const file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only));
    if (file.number() < 0)
        fail("write", fresh, errno);
    bool const is_written =
        write_all(file.number(), contents) && (survives == durability::program || ::fsync(file.number()) == 0);
    if (is_written && std::rename(fresh.c_str(), path.c_str()) == 0)
        return;
    int const why = errno;
    ::unlink(fresh.c_str());
    fail("write", path, why);
}

}  // namespace

void replace_small_file(std::string const& path, std::string_view contents)
{
    replace_file(path, contents, durability::program);
}

void replace_small_file_on_disk(std::string const& path, std::string_view contents)
{
    replace_file(path, contents, durability::host);
    std::string const directory = std::filesystem::path(path).parent_path();
    unique_fd const opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number() < 0 || ::fsync(opened.number()) != 0)
        fail("write", directory, errno);
}

}  // namespace coqmp::detail
