// Accepts on their way to the listener's executor.
// Invariant: an accept that was added before its process was started is taken before a connection of that process is matched.
#ifndef COQMP_SRC_LISTENER_ARRIVING_ACCEPTS_HPP
#define COQMP_SRC_LISTENER_ARRIVING_ACCEPTS_HPP

#include "listener/pending_accept.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace coqmp::detail {

using accept_list = std::list<std::shared_ptr<pending_accept>>;

/// Safe to use from any thread.
class arriving_accepts
{
public:
    void add(std::shared_ptr<pending_accept> accept)
    {
        std::scoped_lock const lock(mutex_);
        accepts_.push_back(std::move(accept));
    }

    /// All that were added since the last call, in order.
    [[nodiscard]] accept_list take() noexcept
    {
        std::scoped_lock const lock(mutex_);
        return std::exchange(accepts_, {});
    }

private:
    std::mutex mutex_;
    accept_list accepts_;
};

}  // namespace coqmp::detail

#endif
