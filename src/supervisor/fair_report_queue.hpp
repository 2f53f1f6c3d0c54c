// A bounded queue of reports about many machines, without I/O.
// Invariant: as long as the capacity is not less than the number of machines, a machine that reports much takes no place from one
// that reports little.
#ifndef COQMP_SRC_SUPERVISOR_FAIR_REPORT_QUEUE_HPP
#define COQMP_SRC_SUPERVISOR_FAIR_REPORT_QUEUE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <map>
#include <string>
#include <utility>

namespace coqmp::detail {

/// Keeps the order. When it is full, the oldest report of the machine that has the most of them is dropped, and `lost_before` of
/// the next report says so.
/// @tparam Value has the members `machine` and `lost_before`
template <class Value>
class fair_report_queue
{
public:
    explicit fair_report_queue(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}
    fair_report_queue(fair_report_queue const&) = delete;  // it holds places in itself
    fair_report_queue& operator=(fair_report_queue const&) = delete;
    ~fair_report_queue() = default;

    void push(Value value)
    {
        if (all_.size() >= capacity_)
            drop_one(value);
        std::list<Value> added;
        added.push_back(std::move(value));
        auto const [of_machine, is_new] = machines_.try_emplace(added.front().machine);
        try {
            of_machine->second.push_back(added.begin());
        } catch (...) {
            if (is_new)
                machines_.erase(of_machine);
            throw;
        }
        all_.splice(all_.end(), added);
    }

    /// The oldest report. The queue must not be empty.
    [[nodiscard]] Value pop()
    {
        Value result = std::move(all_.front());
        take_out(machines_.find(result.machine));
        return result;
    }

    void clear() noexcept
    {
        machines_.clear();
        loudest_ = machines_.end();
        all_.clear();
    }

    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
    /// How many were dropped in all.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    using list = std::list<Value>;
    using table = std::map<std::string, std::deque<typename list::iterator>>;  ///< The places of each machine's reports.

    /// @param added comes next
    void drop_one(Value& added)
    {
        auto const of_machine = loudest();
        auto const dropped = of_machine->second.front();
        auto const next = std::next(dropped);
        (next == all_.end() ? added : *next).lost_before += dropped->lost_before + 1;
        ++lost_;
        take_out(of_machine);
    }

    /// A machine with more than its share is found again without a search, because it may be flooding the queue.
    typename table::iterator loudest()
    {
        if (loudest_ == machines_.end() || loudest_->second.size() * machines_.size() <= capacity_)
            loudest_ = std::ranges::max_element(machines_, {}, [](auto const& each) { return each.second.size(); });
        return loudest_;
    }

    /// The oldest report of a machine.
    void take_out(typename table::iterator of_machine)
    {
        all_.erase(of_machine->second.front());
        of_machine->second.pop_front();
        if (!of_machine->second.empty())
            return;
        if (loudest_ == of_machine)
            loudest_ = machines_.end();
        machines_.erase(of_machine);
    }

    std::size_t capacity_;
    list all_;
    table machines_;
    typename table::iterator loudest_ = machines_.end();
    std::uint64_t lost_ = 0;
};

}  // namespace coqmp::detail

#endif
