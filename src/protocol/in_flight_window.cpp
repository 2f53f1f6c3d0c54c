#include "protocol/in_flight_window.hpp"

#include <algorithm>

namespace coqmp::protocol {

namespace {

// The initial capacity, and the largest one that is kept once all commands are answered.
constexpr std::size_t least_capacity = 8;
constexpr std::size_t large_capacity = 1024;

}  // namespace

bool in_flight_window::all_are_abandoned() const noexcept
{
    return std::none_of(entries_.begin(), entries_.end(), [](in_flight const& each) { return each.owner != nullptr; });
}

void in_flight_window::reserve()
{
    if (entries_.full())
        entries_.set_capacity(std::max(least_capacity, 2 * entries_.capacity()));
}

void in_flight_window::add(in_flight const& command)
{
    entries_.push_back(command);
    if (command.sync)
        ++syncs_;
    if (!command.out_of_band)
        ++in_band_;
    if (command.barrier)
        ++barriers_;
}

request* in_flight_window::take(iterator found)
{
    request* const owner = found->owner;
    bool const in_band = !found->out_of_band;
    auto const place = found - entries_.begin();
    remove(found);
    if (in_band)
        drop_overtaken(place);
    return owner;
}

void in_flight_window::remove(iterator command)
{
    if (!command->out_of_band)
        --in_band_;
    if (command->barrier)
        --barriers_;
    if (command->sync)
        --syncs_;
    if (command == entries_.begin())
        entries_.pop_front();  // the usual case, and faster than erase()
    else
        entries_.erase(command);
    if (entries_.empty() && entries_.capacity() > large_capacity)
        entries_.set_capacity(0);
}

// QEMU answers in-band commands in order, so an abandoned command that another has overtaken never gets a reply: its answer was an
// error without an id. It must not keep its place in the window forever.
void in_flight_window::drop_overtaken(std::ptrdiff_t place)
{
    while (place-- > 0) {
        auto const older = entries_.begin() + place;
        if (!older->out_of_band && older->owner == nullptr) {
            remove(older);
            if (unattributed_errors_ != 0)
                --unattributed_errors_;
            else
                ++owed_replies_;
        }
    }
}

void in_flight_window::abandon(request& owner) noexcept
{
    auto const found =
        std::find_if(entries_.begin(), entries_.end(), [&](in_flight const& each) { return each.owner == &owner; });
    found->owner = nullptr;
}

void in_flight_window::clear() noexcept
{
    entries_.clear();
    in_band_ = barriers_ = syncs_ = 0;
}

void in_flight_window::count_unattributed_error() noexcept
{
    if (owed_replies_ != 0 && entries_.empty())
        --owed_replies_;
    else if (!entries_.empty())
        ++unattributed_errors_;
}

}  // namespace coqmp::protocol
