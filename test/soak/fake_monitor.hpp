// A monitor that does everything that a monitor should not do.
#ifndef COQMP_TEST_SOAK_FAKE_MONITOR_HPP
#define COQMP_TEST_SOAK_FAKE_MONITOR_HPP

#include "ledger.hpp"
#include "support/fake_peer.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

namespace coqmp::soak {

/// The commands that a monitor has received, by their tags. Shared with its client, which runs on another thread.
class received_tags
{
public:
    /// @return whether this is the first command with this tag
    bool add(std::int64_t tag)
    {
        std::scoped_lock const lock(mutex_);
        return tags_.insert(tag).second;
    }
    [[nodiscard]] bool has(std::int64_t tag) const
    {
        std::scoped_lock const lock(mutex_);
        return tags_.contains(tag);
    }

private:
    mutable std::mutex mutex_;
    std::set<std::int64_t> tags_;
};

/// Serves one client until either side disconnects. Each command is answered with its own tag in some way, or not at all. Events
/// carry the numbers 0, 1, 2, ...
boost::asio::awaitable<void> misbehave(test::fake_peer peer, std::shared_ptr<received_tags> received, ledger& book,
                                       std::uint64_t seed);

}  // namespace coqmp::soak

#endif
