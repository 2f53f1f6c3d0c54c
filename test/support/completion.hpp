// Records how an operation completed, for tests that check it later.
// Invariant: results() are the results of the first call of the handler. A second call is counted, and is an error.
#ifndef COQMP_TEST_SUPPORT_COMPLETION_HPP
#define COQMP_TEST_SUPPORT_COMPLETION_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace coqmp::test {

/// The completion of one operation with the signature `void(error_code, Results...)`. For one thread.
template <class... Results>
class completion
{
    struct record
    {
        explicit record(boost::asio::any_io_executor const& executor) : wake(executor)
        {
            wake.expires_at(std::chrono::steady_clock::time_point::max());
        }

        int times = 0;
        std::optional<std::tuple<boost::system::error_code, Results...>> results;
        boost::asio::steady_timer wake;
    };

public:
    /// The completion token with which to start the operation.
    class handler
    {
    public:
        explicit handler(std::shared_ptr<record> where) noexcept : record_(std::move(where)) {}

        void operator()(boost::system::error_code error, Results... results)
        {
            ++record_->times;
            if (!record_->results)
                record_->results.emplace(error, std::move(results)...);
            record_->wake.cancel();
        }

    private:
        std::shared_ptr<record> record_;
    };

    explicit completion(boost::asio::any_io_executor const& executor) : record_(std::make_shared<record>(executor)) {}

    [[nodiscard]] handler token() const { return handler(record_); }
    [[nodiscard]] int times() const noexcept { return record_->times; }
    [[nodiscard]] boost::system::error_code error() const { return std::get<0>(record_->results.value()); }
    [[nodiscard]] auto const& value() const { return std::get<1>(record_->results.value()); }

    /// Waits until the operation has completed, and returns its error.
    boost::asio::awaitable<boost::system::error_code> done() const
    {
        auto const kept = record_;
        while (kept->times == 0)
            co_await kept->wake.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        co_return std::get<0>(kept->results.value());
    }

private:
    std::shared_ptr<record> record_;
};

}  // namespace coqmp::test

#endif
