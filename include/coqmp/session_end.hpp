// How a session ended.
#ifndef COQMP_SESSION_END_HPP
#define COQMP_SESSION_END_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/system/error_code.hpp>

namespace coqmp {

/// What session::async_wait_closed() completes with.
/// @see examples/session_end.cpp
struct session_end
{
    session_end() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries twice inside co_await
    explicit session_end(boost::system::error_code why) noexcept : reason(why) {}

    /// Success if this side closed the session; errc::disconnected if the peer ended the connection, in whatever way;
    /// errc::not_json, errc::message_too_large or errc::nested_too_deep if the peer sent something that a session does not accept;
    /// errc::out_of_memory if there was no memory for a message of the peer; the error of a failed async_connect().
    boost::system::error_code reason;

    /// Whether this side closed the session.
    /// @see examples/session_end.cpp
    [[nodiscard]] bool was_closed_here() const noexcept { return !reason.failed(); }

    friend bool operator==(session_end const&, session_end const&) = default;
};

}  // namespace coqmp

#endif
