// Whether a reconnecting session has a connection.
#ifndef COQMP_CONNECTION_STATUS_HPP
#define COQMP_CONNECTION_STATUS_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/greeting.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>

namespace coqmp {

/// The states of a reconnecting_session.
enum class connection_state {
    idle,        ///< start() was not called.
    connecting,  ///< There has been no connection yet.
    connected,   ///< Commands can be sent. connection_status::is_back() tells the first connection from a later one.
    lost,        ///< The connection has ended, and there will be another one.
    closed       ///< There will be no connection any more.
};

/// `connected`, for example.
[[nodiscard]] char const* to_string(connection_state state) noexcept;
std::ostream& operator<<(std::ostream& out, connection_state state);

/// What reconnecting_session::status() returns. A value: it does not change.
/// @see examples/reconnecting.cpp
struct connection_status
{
    connection_status() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries twice inside co_await

    connection_state state = connection_state::idle;

    /// How many connections there have been, including the present one.
    std::uint64_t connections = 0;

    /// How many attempts have failed since the last connection, or since start().
    std::uint64_t failed_attempts = 0;

    /// Why the last attempt failed or, if none has failed since, why the last connection ended; see session_end::reason.
    /// connection_state::connected: success. connection_state::closed: success if this side closed the session, otherwise the
    /// reason to give up.
    boost::system::error_code reason;

    /// How long the pause is that began with this status. Zero if none began.
    std::chrono::nanoseconds pause = std::chrono::nanoseconds::zero();

    /// The greeting of the present or the last connection; null before the first one.
    std::shared_ptr<coqmp::greeting const> greeting;

    /// Grows with every change.
    std::uint64_t number = 0;

    [[nodiscard]] bool is_connected() const noexcept { return state == connection_state::connected; }

    /// Whether there is a connection, and it is not the first one.
    [[nodiscard]] bool is_back() const noexcept { return is_connected() && connections > 1; }

    friend bool operator==(connection_status const&, connection_status const&) = default;
};

/// Prints a line for a log: `lost: the connection ended, next attempt in 100 ms`.
/// @see examples/reconnecting.cpp
std::ostream& operator<<(std::ostream& out, connection_status const& status);

}  // namespace coqmp

#endif
