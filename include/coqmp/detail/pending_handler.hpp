// A handler that waits for the end of its operation.
// Invariant: while it waits, the execution context that it will run in has work.
#ifndef COQMP_DETAIL_PENDING_HANDLER_HPP
#define COQMP_DETAIL_PENDING_HANDLER_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace coqmp::detail {

/// Any handler of this signature. Most run on the executor of the object whose operation they end, and for those the way
/// through type-erased executors is saved: it costs a quarter of a command's round trip (3,600 instructions of 14,600).
template <class Signature>
class pending_handler
{
public:
    /// @param home the executor of the object
    template <class Handler>
    pending_handler(Handler&& handler, boost::asio::any_io_executor const& home)
        : home_(tracked(home)), elsewhere_(elsewhere(handler, home)), handler_(std::forward<Handler>(handler))
    {}

    pending_handler(pending_handler&&) noexcept = default;
    pending_handler& operator=(pending_handler&&) = delete;  // that of any_completion_handler never ends in Boost 1.81
    ~pending_handler() = default;

    /// Whether it still waits.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(handler_); }

    /// The executor of the object.
    [[nodiscard]] boost::asio::any_io_executor const& home() const noexcept { return home_; }

    [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept
    {
        return boost::asio::get_associated_cancellation_slot(handler_);
    }

    /// Runs the handler: at once if its executor is home. For functions that run at home themselves, and never for those
    /// that start an operation.
    template <class... Arguments>
    void complete(Arguments... arguments)
    {
        if (elsewhere_)
            boost::asio::dispatch(boost::asio::append(std::move(handler_), std::move(arguments)...));
        else
            complete_here(std::move(arguments)...);
    }

    /// Runs the handler at once. For a function that run_later() has run.
    template <class... Arguments>
    void complete_here(Arguments... arguments)
    {
        std::move(handler_)(std::move(arguments)...);
    }

    /// Runs the handler later.
    template <class... Arguments>
    void post(Arguments... arguments)
    {
        run_later([handler = std::move(handler_), ... values = std::move(arguments)]() mutable {
            std::move(handler)(std::move(values)...);
        });
    }

    /// Runs a function later where the handler would run.
    template <class Function>
    void run_later(Function function) const
    {
        if (elsewhere_)
            boost::asio::post(home_, boost::asio::bind_executor(*elsewhere_, std::move(function)));
        else
            boost::asio::post(home_, std::move(function));
    }

private:
    template <class Executor>
    static auto tracked(Executor const& executor)
    {
        return boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    }

    using other_executor = std::optional<boost::asio::any_completion_executor>;

    template <class Handler>
    static other_executor elsewhere(Handler const& handler, boost::asio::any_io_executor const& home)
    {
        auto const executor = boost::asio::get_associated_executor(handler, home);
        return is_same(executor, home) ? other_executor() : other_executor(tracked(executor));
    }

    template <class Executor>
    static bool is_same(Executor const& executor, boost::asio::any_io_executor const& home)
    {
        if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>)
            return executor == home;
        auto const* target = home.target<Executor>();
        return target != nullptr && *target == executor;
    }

    boost::asio::any_io_executor home_;
    other_executor elsewhere_;
    boost::asio::any_completion_handler<Signature> handler_;
};

}  // namespace coqmp::detail

#endif
