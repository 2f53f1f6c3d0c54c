#include "daemon/log/log_style.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <system_error>

namespace coqmp_daemon {

namespace {

std::string_view variable(char const* name)
{
    char const* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    return value != nullptr ? value : "";
}

}  // namespace

log_style choose_style(log_format format, log_surroundings const& surroundings) noexcept
{
    log_style result;
    result.priority_prefix = surroundings.is_journal && format != log_format::text;
    if (format == log_format::json)
        result.lines = log_style::layout::json;
    else if (result.priority_prefix)
        result.lines = log_style::layout::bare;
    else
        result.colours = surroundings.is_terminal && !surroundings.refuses_colours;
    return result;
}

bool is_journal_stream(char const* journal_stream, struct ::stat const& facts) noexcept
{
    std::string_view const text = journal_stream != nullptr ? journal_stream : "";
    std::uintmax_t device = 0;
    std::uintmax_t inode = 0;
    char const* const begin = text.data();
    char const* const end = begin + text.size();
    auto const [colon, error] = std::from_chars(begin, end, device);
    if (error != std::errc() || colon == end || *colon != ':')
        return false;
    auto const [last, second_error] = std::from_chars(colon + 1, end, inode);
    return second_error == std::errc() && last == end && device == facts.st_dev && inode == facts.st_ino;
}

log_surroundings look_at_surroundings()
{
    log_surroundings result;
    struct ::stat facts = {};
    char const* const stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): one thread
    result.is_journal = ::fstat(STDERR_FILENO, &facts) == 0 && is_journal_stream(stream, facts);
    result.is_terminal = ::isatty(STDERR_FILENO) == 1;
    result.refuses_colours = !variable("NO_COLOR").empty() || variable("TERM") == "dumb";
    return result;
}

}  // namespace coqmp_daemon
