#include "qemu/wire_log.hpp"

#include "language/members.hpp"
#include "language/print.hpp"
#include "terminal/columns.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

namespace {

std::string line_of(coqmp::direction way, std::string_view message)
{
    std::string result = way == coqmp::direction::sent ? "-> " : "<- ";
    std::size_t const begin = result.size();
    result += trimmed(message);
    // Line ends stand only between JSON's tokens.
    std::replace_if(
        result.begin() + static_cast<std::ptrdiff_t>(begin), result.end(), [](char each) { return each == '\n' || each == '\r'; },
        ' ');
    return result;
}

/// Opens the file without waiting, even if it is a pipe without a reader.
coqmp::descriptor open_log(std::string const& name)
{
    auto const refuse = [&name](std::string const& why) {
        throw logfile_refused("cannot write to the log file " + name + ": " + why);
    };
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
    coqmp::descriptor file(::open(name.c_str(), flags, S_IRUSR | S_IWUSR));
    int const error = errno;
    struct ::stat about{};
    bool const is_open = file.number() >= 0;
    if (!is_open && error == ELOOP)
        refuse("it is a symbolic link; name the file that it leads to");
    if (!is_open && error != ENXIO)  // a pipe without a reader, or a socket
        refuse(std::generic_category().message(error));
    if (!is_open || ::fstat(file.number(), &about) != 0 || !S_ISREG(about.st_mode))
        refuse("it is not a regular file");
    if (about.st_uid != ::geteuid())
        refuse("it belongs to another user");
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        refuse("other users have access to it: chmod 600 " + quoted_for_shell(name) + " makes it private");
    return file;
}

}  // namespace

wire_log::wire_log(screen& screen, std::string file) : screen_(screen), name_(std::move(file))
{
    if (!name_.empty())
        file_ = open_log(name_);
}

void wire_log::see(coqmp::direction way, std::string_view message)
{
    if (shown_)
        screen_.note(harmless(line_of(way, message)));
    if (file_.number() < 0 || is_own(way, message))
        return;
    last_own_.clear();
    write(line_of(way, message));
}

bool wire_log::is_own(coqmp::direction way, std::string_view message)
{
    bool const sent = way == coqmp::direction::sent;
    if (sent ? !asks_for_itself_ : own_ids_.empty())
        return false;
    boost::system::error_code error;
    json::value const read = json::parse(message, error);
    json::object const* const members = error ? nullptr : read.if_object();
    json::value const* const id = members != nullptr ? members->if_contains("id") : nullptr;
    if (id == nullptr)
        return false;
    if (!sent)
        return own_ids_.erase(json::serialize(*id)) > 0;
    own_ids_.insert(json::serialize(*id));
    std::string const name(text_in(*members, "execute"));
    if (std::exchange(last_own_, name) != name)  // a wait asks again and again
        write("-- a query of the shell itself: " + name);
    return true;
}

void wire_log::write(std::string line)
{
    line = local_time(std::chrono::system_clock::now(), "%Y-%m-%dT%H:%M:%S") + ' ' + std::move(line) + '\n';
    if (::write(file_.number(), line.data(), line.size()) != static_cast<::ssize_t>(line.size())) {
        screen_.complain("the log file " + name_ + " cannot be written any more, and ends here");
        file_ = coqmp::descriptor(-1);
    }
}

}  // namespace qmp_shell
