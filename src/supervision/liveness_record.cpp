#include "supervision/liveness_record.hpp"

#include <algorithm>
#include <utility>

namespace coqmp::detail {

namespace {

constexpr auto no_time = liveness_record::clock::time_point::max();

}  // namespace

void liveness_record::connected(bool has_out_of_band, clock::time_point now) noexcept
{
    is_connected_ = true;
    has_out_of_band_ = has_out_of_band;
    in_band_is_open_ = out_of_band_is_open_ = false;
    enter(liveness::responsive, now);
    next_question_ = now;
}

void liveness_record::disconnected(clock::time_point now) noexcept
{
    is_connected_ = false;
    in_band_is_open_ = out_of_band_is_open_ = wants_out_of_band_ = false;
    next_question_ = no_time;
    is_second_look_ = true;  // the end of the process, if this is one, is known in a moment
    verdict_ = state_ == liveness::silent ? no_time : now + second_look;
}

void liveness_record::asked(question what, clock::time_point now) noexcept
{
    (what == question::in_band ? in_band_is_open_ : out_of_band_is_open_) = true;
    next_question_ = no_time;
    if (what == question::out_of_band)
        wants_out_of_band_ = false;
    if (state_ != liveness::silent)
        await(now + time_);
}

void liveness_record::answered(question what, clock::time_point now) noexcept
{
    bool& is_open = what == question::in_band ? in_band_is_open_ : out_of_band_is_open_;
    if (std::exchange(is_open, false) && is_connected_)
        enter(what == question::in_band ? liveness::responsive : liveness::busy, now);
}

void liveness_record::heard(clock::time_point now) noexcept
{
    if (is_connected_ && (state_ == liveness::silent || out_of_band_is_open_))
        enter(liveness::busy, now);
}

void liveness_record::ask_by(clock::time_point when) noexcept
{
    if (is_connected_ && !in_band_is_open_)
        next_question_ = std::min(next_question_, when);
}

void liveness_record::hold(clock::time_point until) noexcept
{
    hold_until_ = until;
    is_second_look_ = !is_connected_;
}

void liveness_record::tick(clock::time_point now) noexcept
{
    if (now < verdict_time())
        return;
    if (is_second_look_)
        return conclude(now);
    is_second_look_ = true;
    verdict_ = now + second_look;
}

void liveness_record::conclude(clock::time_point now) noexcept
{
    verdict_ = no_time;
    if (!is_connected_ || out_of_band_is_open_) {
        enter(liveness::silent, now);
    } else if (has_out_of_band_) {
        wants_out_of_band_ = true;  // the main loop does not answer: ask the monitor's own thread
        next_question_ = now;
    } else {
        enter(liveness::busy, now);
    }
}

void liveness_record::enter(liveness state, clock::time_point now) noexcept
{
    if (state != liveness::silent)
        silent_since_.reset();
    else if (!silent_since_)
        silent_since_ = now;
    state_ = state;
    verdict_ = no_time;
    wants_out_of_band_ = false;
    if (!is_connected_ || state == liveness::silent)
        return;  // an answer, an event or a connection is next
    next_question_ = now + interval_;
    if (!in_band_is_open_)
        return;
    wants_out_of_band_ = has_out_of_band_ && !out_of_band_is_open_;
    if (wants_out_of_band_)
        return;
    next_question_ = no_time;
    if (out_of_band_is_open_)
        await(now + interval_);
}

void liveness_record::await(clock::time_point until) noexcept
{
    verdict_ = until;
    is_second_look_ = false;
}

liveness_record::clock::time_point liveness_record::question_time() const noexcept
{
    return next_question_ == no_time ? no_time : std::max(next_question_, hold_until_);
}

liveness_record::clock::time_point liveness_record::verdict_time() const noexcept
{
    if (!is_connected_)
        return expects_end_ ? no_time : verdict_;
    return verdict_ == no_time ? verdict_ : std::max(verdict_, hold_until_);
}

liveness_record::question liveness_record::due(clock::time_point now) const noexcept
{
    if (!is_connected_ || now < question_time())
        return question::none;
    if (!in_band_is_open_)
        return question::in_band;
    return wants_out_of_band_ && !out_of_band_is_open_ ? question::out_of_band : question::none;
}

liveness_record::clock::time_point liveness_record::next_time() const noexcept
{
    return std::min(question_time(), verdict_time());
}

}  // namespace coqmp::detail
