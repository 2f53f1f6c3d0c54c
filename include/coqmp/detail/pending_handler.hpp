// A handler that waits for the end of its operation.
// Invariant: while it waits, the execution context that it will run in has work.
//
// function         runs                                            called by
// ---------------  ----------------------------------------------  --------------------------------------------------------
// complete()       the handler: at once, or on its own executor    functions on the object's executor: sessions, accepts,
//                                                                  waits for a status, relayed commands, failed starts
// post()           the handler, later                              functions that start an operation and know its result,
//                                                                  jobs, migrations, guest agents, exits of machines
// post_function()  a function, later, where the handler would run  streams of events, which decide the result only there
// invoke()         the handler, at once                            the function that post_function() runs
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
        : home_(tracked(home)), handler_executor_(own_executor(handler, home)), handler_(std::forward<Handler>(handler))
    {}

    pending_handler(pending_handler&&) noexcept = default;
    pending_handler& operator=(pending_handler&&) = delete;  // that of any_completion_handler never ends in Boost 1.81
    ~pending_handler() = default;

    /// Whether it still waits.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(handler_); }

    /// Whether the handler runs on another executor than the object's.
    [[nodiscard]] bool has_own_executor() const noexcept { return handler_executor_.has_value(); }

    /// The executor of the object.
    [[nodiscard]] boost::asio::any_io_executor const& home() const noexcept { return home_; }

    [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept
    {
        return boost::asio::get_associated_cancellation_slot(handler_);
    }

    /// Runs the handler: at once if its executor is home. For functions that run at home themselves, and never for those
    /// that start an operation.
    template <class... Arguments>
    void complete(Arguments&&... arguments)
    {
        if (handler_executor_)
            boost::asio::dispatch(boost::asio::append(std::move(handler_), std::forward<Arguments>(arguments)...));
        else
            invoke(std::forward<Arguments>(arguments)...);
    }

    /// Runs the handler later.
    template <class... Arguments>
    void post(Arguments... arguments)
    {
        post_function([handler = std::move(handler_), ... values = std::move(arguments)]() mutable {
            std::move(handler)(std::move(values)...);
        });
    }

    /// Runs a function later where the handler would run.
    template <class Function>
    void post_function(Function function) const
    {
        if (handler_executor_)
            boost::asio::post(home_, boost::asio::bind_executor(*handler_executor_, std::move(function)));
        else
            boost::asio::post(home_, std::move(function));
    }

    /// Runs the handler at once. For a function that runs where the handler would.
    template <class... Arguments>
    void invoke(Arguments&&... arguments)
    {
        std::move(handler_)(std::forward<Arguments>(arguments)...);
    }

private:
    template <class Executor>
    static auto tracked(Executor const& executor)
    {
        return boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    }

    using optional_executor = std::optional<boost::asio::any_completion_executor>;

    template <class Handler>
    static optional_executor own_executor(Handler const& handler, boost::asio::any_io_executor const& home)
    {
        auto const executor = boost::asio::get_associated_executor(handler, home);
        return is_same(executor, home) ? optional_executor() : optional_executor(tracked(executor));
    }

    template <class Executor>
    static bool is_same(Executor const& executor, boost::asio::any_io_executor const& home)
    {
        if constexpr (std::is_same_v<Executor, boost::asio::any_io_executor>) {
            return executor == home;
        } else {
            auto const* target = home.target<Executor>();
            return target != nullptr && *target == executor;
        }
    }

    boost::asio::any_io_executor home_;
    optional_executor handler_executor_;  ///< none: the handler runs at home
    boost::asio::any_completion_handler<Signature> handler_;
};

}  // namespace coqmp::detail

#endif
