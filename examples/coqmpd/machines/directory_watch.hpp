// Notices files that come and go (inotify).
#ifndef COQMPD_MACHINES_DIRECTORY_WATCH_HPP
#define COQMPD_MACHINES_DIRECTORY_WATCH_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace coqmpd {

/// @par Threads That of its executor.
class directory_watch
{
public:
    /// @param changed called when a file has come or gone in one of the directories, once for several
    directory_watch(boost::asio::any_io_executor executor, std::function<void()> changed)
        : executor_(std::move(executor)), changed_(std::move(changed))
    {}

    /// Watches these directories from now on, and no others.
    /// @return a sentence for each that cannot be watched
    [[nodiscard]] std::vector<std::string> watch(std::set<std::string> const& directories);

private:
    void wait();
    void drain();

    boost::asio::any_io_executor executor_;
    std::function<void()> changed_;
    std::optional<boost::asio::posix::stream_descriptor> events_;
};

}  // namespace coqmpd

#endif
