// The operations that wait for something that runs inside QEMU.
#ifndef COQMP_SRC_FOLLOWING_WAITS_HPP
#define COQMP_SRC_FOLLOWING_WAITS_HPP

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <utility>

namespace coqmp::detail {

/// The error of an operation that was cancelled, or whose object was destroyed.
[[nodiscard]] inline boost::system::error_code aborted() noexcept
{
    return boost::asio::error::operation_aborted;
}

/// What an operation does until the end.
enum class purpose {
    wait,
    run,         ///< A cancelled one completes with `operation_aborted`, and with the end.
    run_to_end,  ///< The same, but the cancellation is no error: the end says more.
    cancel
};

[[nodiscard]] constexpr bool is_run(purpose what) noexcept
{
    return what == purpose::run || what == purpose::run_to_end;
}

/// Waits for the end.
template <class End>
struct waiting_for_end
{
    waiting_for_end(pending_handler<void(boost::system::error_code, End)> handler, purpose why)
        : waiting(std::move(handler)), what(why)
    {}

    pending_handler<void(boost::system::error_code, End)> waiting;
    purpose what;
    bool cancelled = false;
};

/// Waits for news: for any, or for those that reach a goal.
template <class Progress, class Goal>
struct waiting_for_news
{
    waiting_for_news(pending_handler<void(boost::system::error_code, Progress)> handler, std::optional<Goal> wanted)
        : waiting(std::move(handler)), goal(std::move(wanted))
    {}

    pending_handler<void(boost::system::error_code, Progress)> waiting;
    std::optional<Goal> goal;
    bool cancelled = false;
};

/// Waits for the reply to a command.
struct waiting_for_reply
{
    explicit waiting_for_reply(pending_handler<void(boost::system::error_code, reply)> handler) : waiting(std::move(handler)) {}

    pending_handler<void(boost::system::error_code, reply)> waiting;
    boost::asio::cancellation_signal abandon;  ///< the command
};

}  // namespace coqmp::detail

#endif
