#include "process/program_version.hpp"

#include "detail/unique_fd.hpp"
#include "process/child_setup.hpp"
#include "process/started_process.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace coqmp::detail {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto version_timeout = 5s;
constexpr std::size_t max_bytes = 4096;

/// A file with its contents: a new version of a program is another file, or has another time.
using file_identity = std::tuple<::dev_t, ::ino_t, std::time_t, long>;

std::optional<file_identity> file_of(process_options const& how)
{
    for (std::string const& candidate : program_candidates(how.program)) {
        struct ::stat status{};
        if (::access(candidate.c_str(), X_OK) == 0 && ::stat(candidate.c_str(), &status) == 0)
            return file_identity(status.st_dev, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
    return std::nullopt;
}

/// Reads to the end, up to a number of bytes, for a limited time.
std::string read_all(unique_fd const& pipe)
{
    std::string text;
    auto const end = clock::now() + version_timeout;
    while (text.size() < max_bytes) {
        ::pollfd waiting{pipe.number(), POLLIN, 0};
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
        if (left <= 0 || (::poll(&waiting, 1, static_cast<int>(left)) < 0 && errno != EINTR))
            break;
        std::array<char, 1024> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
        ::ssize_t const size = ::read(pipe.number(), buffer.data(), buffer.size());
        if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN))
            break;
        if (size > 0)
            text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
}

std::optional<version> ask(process_options how)
try {
    how.arguments = {"--version"};
    how.inherited_fds.clear();
    how.standard_output = output_target::lines([](std::string_view) {});
    how.standard_error = output_target::discarded();
    how.error_tail = 0;
    started_process asked = start_process(how);
    return parse_program_version(read_all(asked.take_output()));
} catch (std::runtime_error const&) {
    return std::nullopt;  // the launch itself reports the error
}

}  // namespace

std::optional<version> parse_program_version(std::string_view output)
{
    constexpr std::string_view mark = "QEMU emulator version ";
    std::size_t const begin = output.find(mark);
    if (begin == std::string_view::npos)
        return std::nullopt;
    output = output.substr(begin + mark.size());
    version result;
    for (int* const part : {&result.major, &result.minor, &result.micro}) {
        auto const [rest, error] = std::from_chars(output.data(), output.data() + output.size(), *part);
        if (error != std::errc() || output.starts_with('-'))
            return std::nullopt;
        output = output.substr(static_cast<std::size_t>(rest - output.data()));
        bool const goes_on = output.starts_with('.');
        if (goes_on)
            output.remove_prefix(1);
        else if (part == &result.major)
            return std::nullopt;
        else
            break;
    }
    return result;
}

std::optional<version> version_of_program(process_options const& how)
{
    // Never destroyed: the helper thread may still be here when the program exits.
    static auto& mutex = *new std::mutex;
    static auto& known = *new std::map<file_identity, std::optional<version>>;
    auto const file = file_of(how);
    {
        std::scoped_lock const lock(mutex);
        if (auto const found = file ? known.find(*file) : known.end(); found != known.end())
            return found->second;
    }
    auto const answer = ask(how);
    if (file && answer) {
        std::scoped_lock const lock(mutex);
        known.emplace(*file, answer);
    }
    return answer;
}

}  // namespace coqmp::detail
