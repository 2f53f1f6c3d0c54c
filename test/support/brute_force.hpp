// Tests that act after each handler of a scenario in turn, and then count how often each operation has completed.
#ifndef COQMP_TEST_SUPPORT_BRUTE_FORCE_HPP
#define COQMP_TEST_SUPPORT_BRUTE_FORCE_HPP

#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace coqmp::test {

/// Operations that have to complete exactly once, and can be cancelled.
class operations
{
public:
    /// The completion token of one more. @param then called with the results
    template <class Then>
    auto next(Then then)
    {
        int& times = completions_.emplace_back(0);
        return boost::asio::bind_cancellation_slot(signals_.emplace_back().slot(),
                                                   [&times, then = std::move(then)](auto const&... results) mutable {
                                                       ++times;
                                                       then(results...);
                                                   });
    }
    auto next()
    {
        return next([](auto const&...) {});
    }

    void cancel(boost::asio::cancellation_type kind = boost::asio::cancellation_type::terminal)
    {
        for (boost::asio::cancellation_signal& each : signals_)
            each.emit(kind);
    }

    [[nodiscard]] bool all_completed_once() const
    {
        return std::ranges::all_of(completions_, [](int times) { return times == 1; });
    }

private:
    std::deque<boost::asio::cancellation_signal> signals_;
    std::deque<int> completions_;
};

/// @return how many handlers have run
inline int run_handlers(boost::asio::io_context& context, int most)
{
    int count = 0;
    while (count < most && context.run_one_for(time_limit) != 0)
        ++count;
    return count;
}

/// Makes a scenario, runs no handler of it, and acts; then a new one and one handler, and so on until there are no more handlers.
/// @param act receives the scenario, which it may destroy, and the number of handlers; it checks the result
/// @param most handlers to run
template <class Scenario, class Act>
void act_after_each_handler(Act act, int most = 1000)
{
    bool reached_the_end = false;
    for (int handlers = 0; !reached_the_end; ++handlers) {
        std::optional<Scenario> once(std::in_place);
        reached_the_end = run_handlers(once->context(), handlers) < handlers || handlers >= most;
        act(once, handlers);
    }
}

}  // namespace coqmp::test

#endif
