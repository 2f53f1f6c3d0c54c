#include "reconnecting/status_waits.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

bool has_closed(connection_status const& status) noexcept
{
    return status.state == connection_state::closed;
}

bool has_news(change_wait const& waiting, connection_status const& status) noexcept
{
    return waiting.known != status.number || has_closed(status);
}

/// How async_wait_connected() ends when there will be no connection.
error_code reason_of_end(connection_status const& status) noexcept
{
    return status.reason ? status.reason : error_code(asio::error::operation_aborted);
}

/// Completes those that are in the list now. After an exception of a handler the others stay there.
template <class List, class Complete>
void complete_each(List& waits, Complete complete)
{
    for (std::size_t count = waits.size(); count != 0 && !waits.empty(); --count) {
        auto const next = std::move(waits.front());
        waits.pop_front();
        complete(*next);
    }
}

}  // namespace

// A cancelled operation leaves its list at once, so that the list holds only handlers.

void status_waits::cancel(std::shared_ptr<change_wait> const& waiting)
{
    std::erase(changes_, waiting);
    if (waiting->handler)
        waiting->handler.post(error_code(asio::error::operation_aborted), connection_status());
}

void status_waits::cancel(std::shared_ptr<plain_handler> const& waiting)
{
    std::erase(connections_, waiting);
    if (*waiting)
        waiting->post(error_code(asio::error::operation_aborted));
}

bool status_waits::has_finished(connection_status const& status, bool is_idle) const noexcept
{
    return std::ranges::any_of(changes_, [&](auto const& each) { return has_news(*each, status); }) ||
           (!connections_.empty() && (status.is_connected() || has_closed(status))) ||
           (!closing_.empty() && has_closed(status) && is_idle);
}

void status_waits::dispatch(connection_status const& status, bool is_idle)
{
    std::list<std::shared_ptr<change_wait>> changed;
    for (auto each = changes_.begin(); each != changes_.end();) {
        auto const here = each++;
        if (has_news(**here, status))
            changed.splice(changed.end(), changes_, here);
    }
    try {
        complete_each(changed, [&](change_wait& each) { each.handler.complete(error_code(), status); });
        if (status.is_connected() || has_closed(status))
            complete_each(connections_, [&](plain_handler& each) {
                each.complete(status.is_connected() ? error_code() : reason_of_end(status));
            });
        if (has_closed(status) && is_idle)
            complete_each(closing_, [](plain_handler& each) { each.complete(error_code()); });
    } catch (...) {
        changes_.splice(changes_.begin(), changed);
        throw;
    }
}

void status_waits::destroy_handlers() noexcept
{
    auto const changes = std::exchange(changes_, {});
    auto const connections = std::exchange(connections_, {});
    auto const closing = std::exchange(closing_, {});
}

}  // namespace coqmp::detail
