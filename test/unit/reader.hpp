// A reader of a subscription for tests: it reports the events, and can be cancelled.
#ifndef COQMP_TEST_UNIT_READER_HPP
#define COQMP_TEST_UNIT_READER_HPP

#include "events/subscription.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <string>
#include <utility>

namespace coqmp::detail {

/// An event with this name and nothing else.
inline event an_event(std::string name)
{
    event result;
    result.name = std::move(name);
    return result;
}

/// Takes all queued events. `2+C D ` means C, before which two events were lost, and D.
inline std::string drain(subscription& events)
{
    std::string all;
    while (auto const what = events.try_next())
        all += (what->lost_before == 0 ? "" : std::to_string(what->lost_before) + "+") + what->name + " ";
    return all;
}

/// Reads one event, and counts the calls of its handler.
class reader
{
public:
    reader() = default;
    explicit reader(subscription& events) { read(events); }
    reader(reader const&) = delete;
    reader& operator=(reader const&) = delete;

    void read(subscription& events)
    {
        auto done = [this](boost::system::error_code error, event what) {
            ++calls_;
            error_ = error;
            seen_ = std::move(what.name);
        };
        events.async_next({boost::asio::bind_cancellation_slot(signal_.slot(), std::move(done)), events.executor()});
    }

    void cancel(boost::asio::cancellation_type kind = boost::asio::cancellation_type::terminal) { signal_.emit(kind); }

    [[nodiscard]] int calls() const noexcept { return calls_; }
    [[nodiscard]] boost::system::error_code error() const noexcept { return error_; }
    [[nodiscard]] std::string const& seen() const noexcept { return seen_; }

private:
    boost::asio::cancellation_signal signal_;
    int calls_ = 0;
    boost::system::error_code error_;
    std::string seen_;
};

}  // namespace coqmp::detail

#endif
