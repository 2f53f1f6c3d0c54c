// What an operation may do, and that it does it once.
#ifndef COQMP_TEST_SOAK_OPERATION_HPP
#define COQMP_TEST_SOAK_OPERATION_HPP

#include "fake_monitor.hpp"
#include "ledger.hpp"

#include <coqmp/command.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace coqmp::soak {

using time_point = std::chrono::steady_clock::time_point;

/// Lets up to `most` milliseconds pass.
inline boost::asio::awaitable<void> rest(random& source, int most)
{
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(up_to(source, most)));
    co_await timer.async_wait(boost::asio::deferred);
}

/// Counts pending operations; done() waits for the last one. For one strand.
class under_way
{
public:
    explicit under_way(boost::asio::any_io_executor const& executor) : idle_(executor, time_point::max()) {}

    void begin() { ++open_; }
    void end()
    {
        if (--open_ == 0)
            idle_.cancel();
    }
    boost::asio::awaitable<void> done()
    {
        while (open_ != 0)
            co_await idle_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
    }

private:
    int open_ = 0;
    boost::asio::steady_timer idle_;
};

/// One command to a fake monitor, and the results that are allowed.
class operation
{
public:
    operation(ledger& book, std::shared_ptr<received_tags> received, std::int64_t tag, std::chrono::milliseconds timeout);

    boost::asio::cancellation_signal signal;
    bool ended = false;

    /// The command that the monitor knows. @param source decides whether it is out-of-band
    [[nodiscard]] command request(random& source) const;

    void end(boost::system::error_code error, reply const& answer);

    /// Cancels it, sometimes.
    void perhaps_cancel(random& source);

    /// Checks, once both sides have ended, that no command was received that counts as not sent.
    void check_at_the_end() const;

private:
    [[nodiscard]] std::string name() const { return "operation " + std::to_string(tag_); }
    void check(reply const& answer);
    void check(boost::system::error_code error);

    ledger& book_;
    std::shared_ptr<received_tags> received_;
    std::int64_t tag_;
    std::chrono::milliseconds timeout_;
    time_point due_;
    bool not_sent_ = false;
};

}  // namespace coqmp::soak

#endif
