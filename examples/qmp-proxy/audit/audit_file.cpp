#include "audit/audit_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace qmp_proxy {

namespace {

boost::system::error_code kernel_error(int number)
{
    return {number, boost::system::system_category()};
}

}  // namespace

boost::system::error_code audit_file::reopen()
{
    // O_NONBLOCK: opening a FIFO without a reader then fails at once.
    constexpr int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
    int const number = ::open(path_.c_str(), flags, 0600);
    if (number < 0)
        return kernel_error(errno);
    file_ = coqmp::descriptor(number);
    ends_in_mid_line_ = false;
    return {};
}

boost::system::error_code audit_file::write(std::string_view lines)
{
    if (file_.number() < 0)
        return kernel_error(EBADF);
    std::string text(ends_in_mid_line_ ? "\n" : "");
    text.append(lines);
    std::string_view rest = text;
    while (!rest.empty()) {
        ssize_t const written = ::write(file_.number(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return kernel_error(errno);
        rest.remove_prefix(static_cast<std::size_t>(written));
        ends_in_mid_line_ = !rest.empty();
    }
    return {};
}

}  // namespace qmp_proxy
