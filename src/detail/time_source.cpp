#include "detail/time_source.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

namespace asio = boost::asio;

namespace coqmp::detail {

time_source::time_point time_source::now() const noexcept
{
    return std::chrono::steady_clock::now();
}

void time_source::expire_at(asio::steady_timer& timer, time_point moment)
{
    timer.expires_at(moment);
}

void time_source::forget(asio::steady_timer&) noexcept {}

time_source& time_source_of(asio::any_io_executor const& executor)
{
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    return asio::use_service<time_source>(context);
}

}  // namespace coqmp::detail
