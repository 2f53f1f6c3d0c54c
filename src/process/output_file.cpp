#include "process/output_file.hpp"

#include "process/step_failed.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace coqmp::detail {

unique_fd open_for_appending(std::string const& path)
{
    // Without O_NONBLOCK, a FIFO that has no reader would block the thread that starts all programs.
    int const flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    unique_fd file(::open(path.c_str(), flags, S_IRUSR | S_IWUSR));
    if (file.number() < 0)
        throw step_failed("opening \"" + path + "\" for the output", errno);
    ::fcntl(file.number(), F_SETFL, O_APPEND);
    return file;
}

appended_text::appended_text(int number) noexcept
{
    struct ::stat information{};
    if (::fstat(number, &information) != 0 || !S_ISREG(information.st_mode))
        return;
    char path[32];
    ::snprintf(path, sizeof path, "/proc/self/fd/%d", number);
    file_ = unique_fd(::open(path, O_RDONLY | O_CLOEXEC));
    begin_ = information.st_size;
}

std::string appended_text::end(std::size_t limit) const
{
    struct ::stat information{};
    if (file_.number() < 0 || ::fstat(file_.number(), &information) != 0)
        return {};
    // A file that was truncated meanwhile is taken as a new one.
    std::int64_t const first = information.st_size < begin_ ? 0 : begin_;
    auto const size = std::min<std::int64_t>(information.st_size - first, static_cast<std::int64_t>(limit));
    std::string text(static_cast<std::size_t>(size), '\0');
    ::ssize_t const got = ::pread(file_.number(), text.data(), text.size(), information.st_size - size);
    text.resize(static_cast<std::size_t>(std::max<::ssize_t>(got, 0)));
    return text;
}

}  // namespace coqmp::detail
