#include "events/event_hub.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

event_hub::event_hub(asio::any_io_executor executor, std::size_t default_capacity, std::size_t byte_limit,
                     std::size_t early_capacity)
    : executor_(std::move(executor)),
      default_capacity_(default_capacity),
      budget_(std::make_shared<event_budget>(byte_limit)),
      readers_(std::make_shared<reader_list const>()),
      early_capacity_(early_capacity)
{}

std::shared_ptr<subscription> event_hub::subscribe(event_filter filter, std::size_t capacity)
{
    std::unique_lock lock(mutex_);
    auto made = add(std::move(filter), capacity == 0 ? default_capacity_ : capacity, overflow::drop_oldest);
    has_first_stream_ = true;
    if (early_)
        give_early_events(made, lock);
    else if (ended_)
        made->end(make_error_code(errc::end_of_stream));
    return made;
}

std::shared_ptr<subscription> event_hub::expect(event_filter filter)
{
    std::scoped_lock const lock(mutex_);
    auto made = add(std::move(filter), 1, overflow::keep_first);
    if (ended_)
        made->end(make_error_code(errc::end_of_stream));
    return made;
}

// The stream's filter may have a predicate, so this thread must not filter the events, unless it runs the session's executor.
void event_hub::give_early_events(std::shared_ptr<subscription> const& reader, std::unique_lock<std::mutex>& lock)
{
    reader->set_backlog(early_->copies(), lost_after_early_);
    auto const executor = executor_;
    bool const is_over = ended_;
    lock.unlock();
    auto admit = [reader, budget = budget_, is_over] {
        budget->add_lost(reader->admit_backlog());
        if (is_over)
            reader->end(make_error_code(errc::end_of_stream));
    };
    if (executor)
        asio::dispatch(executor, std::move(admit));
}

template <class Call>
void event_hub::show(Call call)
{
    std::erase_if(observers_, [](auto const& each) { return each.expired(); });
    // NOLINTNEXTLINE(modernize-loop-convert): an observer may add others
    for (std::size_t index = 0; index < observers_.size(); ++index)
        if (auto const alive = observers_[index].lock())
            call(*alive);
}

void event_hub::publish(event&& happened, std::size_t data_memory, bool is_early)
{
    if (!observers_.empty())
        show([&happened](event_observer& each) { each.observe(happened); });
    std::size_t const memory = sizeof(queued_event) + happened.name.capacity() + data_memory;
    queued_event published{std::move(happened), memory};
    auto const readers = begin_publishing(published, is_early);
    if (relay_ && readers->empty())
        return relay_->relay(std::move(published.what), data_memory);
    if (relay_)
        relay_->relay(event(published.what), data_memory);
    // The last one that wants it gets the event itself, the others copies: with one reader nothing is copied.
    std::uint64_t const number = published.number;
    std::shared_ptr<subscription> last;
    bool has_expired = false;
    for (auto const& reader : *readers) {
        auto alive = reader.lock();
        if (!alive) {
            has_expired = true;
            continue;
        }
        budget_->add_lost(alive->admit_backlog());
        if (!alive->wants(published.what))
            continue;
        if (last)
            budget_->add_lost(last->push(queued_event(published)));
        last = std::move(alive);
    }
    if (last)
        budget_->add_lost(last->push(std::move(published)));
    if (has_expired)
        remove_expired();
    if (budget_->is_exceeded())
        make_room(number);
}

bool event_hub::publish_text(protocol::plain_event const& happened, bool is_early)
{
    std::unique_lock lock(mutex_);
    bool const is_kept = early_capacity_ != 0 && (has_first_stream_ || is_early);
    if (relay_ || is_kept || !readers_->empty())
        return false;
    ++published_;
    if (early_)
        ++lost_after_early_;
    lock.unlock();
    show([&happened](event_observer& each) { each.observe_text(happened); });
    return true;
}

void event_hub::publish_marker(event const& marker) noexcept
{
    std::unique_lock lock(mutex_);
    std::uint64_t const number = ++published_;
    auto const readers = readers_;
    lock.unlock();
    for (auto const& reader : *readers)
        if (auto const alive = reader.lock())
            budget_->add_lost(alive->push_marker(marker, number));
    if (budget_->is_exceeded())
        make_room(number);
}

std::shared_ptr<event_hub::reader_list const> event_hub::begin_publishing(queued_event& published, bool is_early)
{
    std::scoped_lock const lock(mutex_);
    published.number = ++published_;
    if (early_capacity_ != 0)
        keep_early_event(published, is_early);
    return readers_;
}

void event_hub::keep_early_event(queued_event const& published, bool is_early)
{
    if (has_first_stream_) {
        early_capacity_ = 0;
        early_.reset();
    } else if (is_early) {
        if (!early_)
            early_ = std::make_shared<subscription>(executor_, event_filter(), early_capacity_, overflow::drop_oldest, budget_);
        budget_->add_lost(early_->push(queued_event(published)));
    } else if (early_) {
        ++lost_after_early_;
    }
}

void event_hub::remove_expired()
try {
    std::scoped_lock const lock(mutex_);
    reader_list alive = *readers_;
    std::erase_if(alive, [](std::weak_ptr<subscription> const& reader) { return reader.expired(); });
    readers_ = std::make_shared<reader_list const>(std::move(alive));
} catch (std::bad_alloc const&) {
    // They are removed when the next event comes.
}

/// Drops the oldest events, whichever streams they wait in, until the newest one fits. That one stays, however large it is.
/// (Under no lock: a stream may be destroyed here, and with it the predicate of its filter.)
void event_hub::make_room(std::uint64_t newest)
{
    std::unique_lock lock(mutex_);
    auto const readers = readers_;
    auto const early = early_;
    lock.unlock();
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
        look_at(early);
        for (auto const& reader : *readers)
            look_at(reader.lock());
        if (!holder)
            return;
        if (holder->drop_oldest(oldest))
            budget_->add_lost(1);
    }
}

void event_hub::end() noexcept
{
    std::unique_lock lock(mutex_);
    ended_ = true;
    auto const readers = readers_;
    lock.unlock();
    for (auto const& reader : *readers) {
        auto const alive = reader.lock();
        if (!alive)
            continue;
        try {
            budget_->add_lost(alive->admit_backlog());
        } catch (std::bad_alloc const&) {
            // The rest of the early events is lost with the session.
        }
        alive->end(make_error_code(errc::end_of_stream));
    }
}

void event_hub::abandon() noexcept
{
    std::scoped_lock const lock(mutex_);
    ended_ = true;
    early_capacity_ = 0;
    early_.reset();
    executor_ = nullptr;
}

std::shared_ptr<subscription> event_hub::add(event_filter filter, std::size_t capacity, overflow policy)
{
    // A wait holds at most one event, and would never end if it lost that event.
    auto made = std::make_shared<subscription>(executor_, std::move(filter), capacity, policy,
                                               policy == overflow::keep_first ? nullptr : budget_);
    reader_list readers;
    readers.reserve(readers_->size() + 1);
    std::ranges::remove_copy_if(*readers_, std::back_inserter(readers),
                                [](std::weak_ptr<subscription> const& reader) { return reader.expired(); });
    readers.push_back(made);
    readers_ = std::make_shared<reader_list const>(std::move(readers));
    return made;
}

}  // namespace coqmp::detail
