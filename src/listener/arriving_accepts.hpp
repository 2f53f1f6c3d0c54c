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
    /// Adds an accept, unless it cannot be announced to the executor: `announce` returns false, or throws.
    template <class Announce>
    bool add(std::shared_ptr<pending_accept> accept, Announce announce)
    {
        accept_list added{std::move(accept)};
        std::scoped_lock const lock(mutex_);  // so that the executor takes it after the announcement
        if (!announce())
            return false;
        accepts_.splice(accepts_.end(), added);
        return true;
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
