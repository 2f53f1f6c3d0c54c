#include "terminal/history.hpp"

#include "terminal/columns.hpp"

#include <coqmp/descriptor.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace qmp_shell {

namespace {

constexpr ::off_t most_bytes = ::off_t{1} << 20;

/// Opens a regular file of this user to read it or to append to it. Any other file could block, and another user's lines would
/// be offered for execution.
coqmp::descriptor open_regular(std::string const& file, int flags)
{
    coqmp::descriptor result(::open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
    struct ::stat about{};
    if (result.number() >= 0 && (::fstat(result.number(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != ::geteuid()))
        return coqmp::descriptor(-1);
    return result;
}

/// The last bytes of a file, from the beginning of a line on.
std::string end_of(coqmp::descriptor const& file, bool& cut)
{
    ::off_t const size = ::lseek(file.number(), 0, SEEK_END);
    ::off_t const begin = std::max<::off_t>(0, size - most_bytes);
    std::string result(static_cast<std::size_t>(std::max<::off_t>(0, size - begin)), '\0');
    ::ssize_t const got = ::pread(file.number(), result.data(), result.size(), begin);
    result.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    cut = begin > 0;
    if (cut)
        result.erase(0, result.find('\n') + 1);
    return result;
}

/// The target of a link: the new file is renamed over the old one, and would replace the link itself.
std::string behind_links(std::string const& file)
{
    std::error_code error;
    std::filesystem::path const result = std::filesystem::weakly_canonical(file, error);
    return error ? file : result.native();
}

}  // namespace

history::history(std::string file) : file_(file.empty() ? file : behind_links(file))
{
    if (!file_.empty())
        read();
}

std::string history::usual_file()
{
    char const* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): one thread
    return home == nullptr || *home == '\0' ? std::string() : std::string(home) + "/.qmp-shell_history";
}

void history::read()
{
    coqmp::descriptor const opened = open_regular(file_, O_RDONLY);
    if (opened.number() < 0)
        return;
    bool cut = false;
    std::string const text = end_of(opened, cut);
    for (std::string_view const line : parts_of(text, '\n')) {
        if (!trimmed(line).empty())
            lines_.push_back(harmless(line));
    }
    if (lines_.size() > most_lines) {
        lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(most_lines));
        cut = true;
    }
    if (cut)
        rewrite();
}

void history::rewrite() const
{
    // Through a file of its own and a rename: another shell may read it right now.
    std::string const fresh = file_ + "." + std::to_string(::getpid());
    coqmp::descriptor const written = open_regular(fresh, O_WRONLY | O_CREAT | O_EXCL);
    std::string text;
    for (std::string const& line : lines_)
        text += line + '\n';
    bool const whole =
        written.number() >= 0 && ::write(written.number(), text.data(), text.size()) == static_cast<::ssize_t>(text.size());
    if (!whole || std::rename(fresh.c_str(), file_.c_str()) != 0)
        ::unlink(fresh.c_str());
}

bool history::add(std::string_view line)
{
    if (line.starts_with(' ') || trimmed(line).empty() || (!lines_.empty() && lines_.back() == line))
        return false;
    lines_.emplace_back(line);
    if (file_.empty())
        return true;
    coqmp::descriptor const opened = open_regular(file_, O_WRONLY | O_APPEND | O_CREAT);
    std::string const text = lines_.back() + '\n';
    if (opened.number() >= 0)
        ::fchmod(opened.number(), S_IRUSR | S_IWUSR);  // the old shell may have made it; lines may hold passwords
    if (opened.number() >= 0 && ::write(opened.number(), text.data(), text.size()) < 0)
        file_.clear();  // a full disk: later lines are kept in memory only
    return true;
}

}  // namespace qmp_shell
