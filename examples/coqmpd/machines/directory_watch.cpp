#include "machines/directory_watch.hpp"

#include <boost/system/error_code.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace asio = boost::asio;

namespace coqmpd {

namespace {

std::string failure(std::string const& directory)
{
    return directory + ": cannot watch the directory: " + std::generic_category().message(errno) + "; a reload tries again";
}

}  // namespace

std::vector<std::string> directory_watch::watch(std::set<std::string> const& directories)
{
    events_.reset();
    if (directories.empty())
        return {};
    int const number = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (number < 0)
        return {failure(*directories.begin())};
    events_.emplace(executor_, number);
    std::vector<std::string> problems;
    constexpr unsigned wanted = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    for (std::string const& each : directories)
        if (::inotify_add_watch(number, each.c_str(), wanted) < 0)
            problems.push_back(failure(each));
    wait();
    return problems;
}

void directory_watch::wait()
{
    events_->async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
        if (error)
            return;  // it was replaced, or this object is gone
        drain();
        wait();
        changed_();
    });
}

/// What has changed is of no interest: the directories are read again anyway.
void directory_watch::drain()
{
    std::array<std::byte, 16384> ignored{};
    while (::read(events_->native_handle(), ignored.data(), ignored.size()) > 0) {
    }
}

}  // namespace coqmpd
