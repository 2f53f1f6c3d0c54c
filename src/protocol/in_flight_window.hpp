// The window of commands in flight: those that were sent, or are in the output, and have no reply yet.
// Invariant: an abandoned command stays here, without its request, so that its reply is recognized and dropped.
#ifndef COQMP_SRC_PROTOCOL_IN_FLIGHT_WINDOW_HPP
#define COQMP_SRC_PROTOCOL_IN_FLIGHT_WINDOW_HPP

#include "protocol/request.hpp"

#include <boost/circular_buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace coqmp::protocol {

/// A command in flight.
struct in_flight
{
    std::uint64_t id;  ///< 0 if it was sent without one
    request* owner;    ///< null if it was abandoned
    bool out_of_band;
    bool barrier;
    std::optional<std::int64_t> sync;
};

class in_flight_window
{
    // Most entries are removed at the front. An empty std::deque would take 600 bytes, and circular_buffer_space_optimized would
    // cost 150 instructions more.
    using entries = boost::circular_buffer<in_flight>;

public:
    using iterator = entries::iterator;

    /// @param limit of in-band commands; zero: none
    explicit in_flight_window(std::size_t limit) noexcept : limit_(limit) {}

    [[nodiscard]] iterator begin() noexcept { return entries_.begin(); }
    [[nodiscard]] iterator end() noexcept { return entries_.end(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// The oldest command with this id; the end if there is none.
    [[nodiscard]] iterator find(std::uint64_t id) noexcept { return std::ranges::find(entries_, id, &in_flight::id); }

    /// Whether one more in-band command may be sent.
    [[nodiscard]] bool has_place() const noexcept { return barriers_ == 0 && (limit_ == 0 || in_band_ < limit_); }
    [[nodiscard]] bool has_sync() const noexcept { return syncs_ != 0; }
    [[nodiscard]] bool all_are_abandoned() const noexcept;

    /// Makes room for one more, so that add() cannot fail.
    void reserve();
    void add(in_flight const& command);

    /// The reply to this command has arrived. Removes it, and the abandoned commands that it has overtaken.
    /// @return its request; null if it was abandoned
    request* take(iterator found);
    void remove(iterator command);
    void abandon(request& owner) noexcept;

    /// Removes all commands, for whatever reason. @param dispose receives each request
    template <class Dispose>
    void clear(Dispose dispose) noexcept
    {
        for (in_flight const& each : entries_)
            if (each.owner != nullptr)
                dispose(each.owner);
        clear();
    }
    void clear() noexcept;

    /// An error without an id has arrived, and no command could be found for it.
    void count_unattributed_error() noexcept;
    /// Whether an error without an id may be for a command that was removed because another one had overtaken it.
    [[nodiscard]] bool is_owed_a_reply() const noexcept { return owed_replies_ != 0; }

private:
    void drop_overtaken(std::ptrdiff_t place);

    std::size_t const limit_;
    entries entries_;
    std::size_t in_band_ = 0;
    std::size_t barriers_ = 0;
    std::size_t syncs_ = 0;
    std::size_t owed_replies_ = 0;         // to abandoned commands that others have overtaken
    std::size_t unattributed_errors_ = 0;  // that came while several commands were in flight: each answers one of these
};

}  // namespace coqmp::protocol

#endif
