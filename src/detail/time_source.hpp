// The clock of an execution context.
// Invariant: a deadline and the timer that waits for it use the same clock, so a test that replaces the clock controls both.
#ifndef COQMP_SRC_DETAIL_TIME_SOURCE_HPP
#define COQMP_SRC_DETAIL_TIME_SOURCE_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace coqmp::detail {

/// The steady clock. A test installs a derived class with `asio::make_service()` before it makes the first object of a context.
class time_source : public boost::asio::execution_context::service
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    static inline boost::asio::execution_context::id id;  // without a key_type the context knows derived classes by it, too

    explicit time_source(boost::asio::execution_context& owner) : boost::asio::execution_context::service(owner) {}

    [[nodiscard]] virtual time_point now() const noexcept;

    /// Cancels the waits of a timer, and sets the moment at which its next wait ends.
    virtual void expire_at(boost::asio::steady_timer& timer, time_point moment);

    /// A timer that expire_at() has set will be destroyed.
    virtual void forget(boost::asio::steady_timer& timer) noexcept;

private:
    void shutdown() override {}
};

/// The clock of the context that this executor belongs to.
[[nodiscard]] time_source& time_source_of(boost::asio::any_io_executor const& executor);

}  // namespace coqmp::detail

#endif
