#include "events/event_hub.hpp"

#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

event_hub::event_hub(asio::any_io_executor executor, std::size_t default_capacity, std::size_t byte_limit)
    : executor_(std::move(executor)), default_capacity_(default_capacity), budget_(std::make_shared<event_budget>(byte_limit))
{}

std::shared_ptr<subscription> event_hub::subscribe(event_filter filter, std::size_t capacity)
{
    std::scoped_lock const lock(mutex_);
    auto made = add(std::move(filter), capacity == 0 ? default_capacity_ : capacity, keep::newest);
    if (auto const early = std::exchange(early_, nullptr))
        hand_over(*early, *made);
    if (ended_)
        made->end(make_error_code(errc::end_of_stream));
    return made;
}

std::shared_ptr<subscription> event_hub::expect(event_filter filter)
{
    std::scoped_lock const lock(mutex_);
    auto made = add(std::move(filter), 1, keep::first);
    if (ended_)
        made->end(make_error_code(errc::end_of_stream));
    return made;
}

void event_hub::publish(event&& what, std::size_t data_memory)
{
    std::scoped_lock const lock(mutex_);
    std::uint64_t const number = ++published_;
    std::size_t const memory = sizeof(queued_event) + what.name.capacity() + data_memory;
    // The last one that wants it gets the event itself, the others copies: with one reader nothing is copied.
    std::shared_ptr<subscription> last;
    std::erase_if(subscriptions_, [&](std::weak_ptr<subscription> const& reader) {
        auto alive = reader.lock();
        if (!alive)
            return true;
        if (alive->wants(what)) {
            if (last)
                lost_.add(last->push(queued_event{event(what), memory, number}));
            last = std::move(alive);
        }
        return false;
    });
    if (!last && phase_ != phase::used) {
        if (!early_)
            early_ = std::make_shared<subscription>(executor_, event_filter(), default_capacity_, keep::newest, budget_);
        last = early_;
    }
    if (last)
        lost_.add(last->push(queued_event{std::move(what), memory, number}));
    if (budget_->is_exceeded())
        make_room(number);
}

/// Drops the oldest events, whichever streams they wait in, until the newest one fits. That one stays, however large it is.
void event_hub::make_room(std::uint64_t newest)
{
    while (budget_->is_exceeded()) {
        std::shared_ptr<subscription> holder;
        std::uint64_t oldest = newest;
        auto const look_at = [&](std::shared_ptr<subscription> const& each) {
            auto const number = each ? each->oldest() : std::nullopt;
            if (number && *number < oldest) {
                oldest = *number;
                holder = each;
            }
        };
        look_at(early_);
        for (auto const& reader : subscriptions_)
            look_at(reader.lock());
        if (!holder)
            return;
        if (holder->drop_oldest(oldest))
            lost_.add(1);
    }
}

void event_hub::used() noexcept
{
    phase before = phase::ready;
    if (phase_ == before)
        phase_.compare_exchange_strong(before, phase::used);
}

void event_hub::end() noexcept
{
    std::scoped_lock const lock(mutex_);
    ended_ = true;
    for (auto const& reader : subscriptions_)
        if (auto const alive = reader.lock())
            alive->end(make_error_code(errc::end_of_stream));
}

void event_hub::abandon() noexcept
{
    std::scoped_lock const lock(mutex_);
    ended_ = true;
    early_.reset();
    executor_ = nullptr;
}

void event_hub::hand_over(subscription& early, subscription& reader)
{
    std::uint64_t lost_before = 0;  // goes on to the next event that is wanted
    for (queued_event& waiting : early.take_all()) {
        lost_before += waiting.what.lost_before;
        if (!reader.wants(waiting.what))
            continue;
        waiting.what.lost_before = std::exchange(lost_before, 0);
        lost_.add(reader.push(std::move(waiting)));
    }
}

std::shared_ptr<subscription> event_hub::add(event_filter filter, std::size_t capacity, keep which)
{
    used();
    // A wait holds at most one event, and would never end if it lost that event.
    auto made =
        std::make_shared<subscription>(executor_, std::move(filter), capacity, which, which == keep::first ? nullptr : budget_);
    std::erase_if(subscriptions_, [](std::weak_ptr<subscription> const& reader) { return reader.expired(); });
    subscriptions_.push_back(made);
    return made;
}

}  // namespace coqmp::detail
