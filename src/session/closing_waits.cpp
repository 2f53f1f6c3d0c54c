#include "session/closing_waits.hpp"

#include <cstddef>
#include <utility>

using boost::system::error_code;

namespace coqmp::detail {

namespace {

/// Completes the operations that are in the list now. After an exception of a handler the others stay there.
template <class List, class... Arguments>
void complete_all(List& waits, Arguments const&... arguments)
{
    for (std::size_t count = waits.size(); count != 0 && !waits.empty(); --count) {
        auto const next = std::move(waits.front());
        waits.pop_front();
        if (*next)  // otherwise it was cancelled
            next->complete(arguments...);
    }
}

}  // namespace

void closing_waits::wait_closed(std::shared_ptr<end_handler> waiting)
{
    std::erase_if(waiting_, [](auto const& each) { return !*each; });  // cancelled
    waiting_.push_back(std::move(waiting));
}

void closing_waits::dispatch(bool is_idle)
{
    if (end_)
        complete_all(waiting_, error_code(), *end_);
    complete_all(closed_, error_code());
    if (is_idle)
        closed_.splice(closed_.end(), closing_);
}

void closing_waits::destroy_handlers() noexcept
{
    auto const waiting = std::exchange(waiting_, {});
    auto const closing = std::exchange(closing_, {});
    auto const closed = std::exchange(closed_, {});
}

}  // namespace coqmp::detail
