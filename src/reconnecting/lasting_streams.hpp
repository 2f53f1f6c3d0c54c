// The event streams of a reconnecting session, which go on from one connection to the next.
// Invariant: between the events of two connections there is one marker, in every stream that was there when the second one began.
#ifndef COQMP_SRC_RECONNECTING_LASTING_STREAMS_HPP
#define COQMP_SRC_RECONNECTING_LASTING_STREAMS_HPP

#include "events/event_hub.hpp"
#include "events/event_relay.hpp"

#include <coqmp/session_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace coqmp::detail {

/// The relay of one session after the other. Used on their executor only, except for hub().
class lasting_streams final : public event_relay
{
public:
    lasting_streams(boost::asio::any_io_executor executor, session_options const& options)
        : hub_(std::move(executor), options.event_capacity, options.event_bytes)
    {}
    ~lasting_streams() = default;

    [[nodiscard]] event_hub& hub() noexcept { return hub_; }

    /// There is a connection. Its first event may have come before.
    void begin_connection() noexcept;

    /// It has ended, or there was none.
    void end_connection(boost::system::error_code why) noexcept;

    void relay(event&& happened, std::size_t data_memory) override;

private:
    struct gap
    {
        std::chrono::system_clock::time_point begin;
        boost::system::error_code reason;
    };

    event_hub hub_;
    bool has_begun_ = false;
    std::optional<gap> gap_;  ///< before the next connection
};

}  // namespace coqmp::detail

#endif
