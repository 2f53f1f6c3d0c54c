#include "supervision/shutdown_plan.hpp"

#include <algorithm>

namespace coqmp::detail {

namespace {

using namespace std::chrono_literals;
using clock = shutdown_plan::clock;

/// A time that may be too far away for the clock.
clock::time_point later(clock::time_point from, std::chrono::nanoseconds by) noexcept
{
    return by >= clock::time_point::max() - from ? clock::time_point::max() : from + by;
}

}  // namespace

shutdown_plan::shutdown_plan(shutdown_options const& options, clock::time_point now)
    : ends_(ends(options, now)),
      repeat_(options.repeat),
      next_press_(options.repeat > 0ns ? later(now, options.repeat) : clock::time_point::max()),
      step_(first(options))
{}

void shutdown_plan::hurry(shutdown_options const& options, clock::time_point now)
{
    times const other = ends(options, now);
    for (std::size_t each = 0; each < ends_.size(); ++each)
        ends_[each] = std::min(ends_[each], other[each]);
    if (options.budget < 0ns)
        step_ = shutdown_step::kill;
}

shutdown_plan::times shutdown_plan::ends(shutdown_options const& options, clock::time_point now) noexcept
{
    bool const is_limited = options.budget != 0ns;
    auto const last = is_limited ? later(now, options.budget / 8 * 7) : clock::time_point::max();
    times result{};
    auto end = now;
    auto const add = [&](std::size_t which, std::chrono::nanoseconds chosen, int eighths) {
        bool const is_open = chosen <= 0ns && !is_limited;
        end =
            is_open ? clock::time_point::max() : std::min(last, later(end, chosen > 0ns ? chosen : options.budget / 8 * eighths));
        result[which] = end;
    };
    add(0, options.guest_time, 4);
    add(1, options.quit_time, 1);
    add(2, options.terminate_time, 1);
    return result;
}

shutdown_step shutdown_plan::first(shutdown_options const& options) noexcept
{
    if (options.budget < 0ns)
        return shutdown_step::kill;
    return options.ask_guest == ask_guest::yes ? shutdown_step::guest : shutdown_step::quit;
}

clock::time_point shutdown_plan::end_of(shutdown_step step) const noexcept
{
    switch (step) {
        case shutdown_step::guest:
            return ends_[0];
        case shutdown_step::quit:
            return ends_[1];
        case shutdown_step::terminate:
            return ends_[2];
        case shutdown_step::none:
        case shutdown_step::kill:
            break;
    }
    return clock::time_point::max();
}

clock::time_point shutdown_plan::next_time() const noexcept
{
    return step_ == shutdown_step::guest ? std::min(end_of_step(), next_press_) : end_of_step();
}

void shutdown_plan::extend(std::chrono::nanoseconds by, clock::time_point now) noexcept
{
    for (clock::time_point& each : ends_)
        each = later(each, by);
    if (next_press_ != clock::time_point::max())
        next_press_ = std::max(next_press_, later(now, by));
}

bool shutdown_plan::expire(clock::time_point now) noexcept
{
    bool changed = false;
    for (; step_ != shutdown_step::kill && end_of_step() <= now; changed = true)
        advance();
    return changed;
}

void shutdown_plan::advance() noexcept
{
    if (step_ != shutdown_step::kill)
        step_ = static_cast<shutdown_step>(static_cast<int>(step_) + 1);
}

bool shutdown_plan::press(clock::time_point now) noexcept
{
    if (step_ != shutdown_step::guest || now < next_press_)
        return false;
    next_press_ = later(now, repeat_);
    return true;
}

}  // namespace coqmp::detail
