// How far a migration has come.
#ifndef COQMP_MIGRATION_PROGRESS_HPP
#define COQMP_MIGRATION_PROGRESS_HPP

#include <coqmp/migration_state.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>

namespace coqmp {

/// How far a migration has come, when QEMU last reported it. At a destination, QEMU reports the state only.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/migration.cpp
struct migration_progress
{
    migration_progress() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice

    migration_state state = migration_state::unknown;
    std::uint64_t total = 0;        ///< Bytes of the guest's memory.
    std::uint64_t remaining = 0;    ///< Bytes that are still to be copied; grows when the guest changes memory.
    std::uint64_t transferred = 0;  ///< Bytes that were sent.
    std::uint64_t passes = 0;       ///< How many passes were made over the guest's memory.
    /// Bytes of the guest's memory that are processed per second, smoothed over about 5 seconds. Pages of zeros count, although
    /// hardly anything is sent for them. Empty while no memory is copied, and until two reports have arrived.
    std::optional<double> rate;
    /// How long `remaining` will take at this rate if the guest changes no more memory. Empty if the rate is empty or zero. A
    /// short time does not mean that the end is near: QEMU keeps copying the memory that the guest changes until
    /// `expected_downtime` is within the parameter `downtime-limit`.
    std::optional<std::chrono::nanoseconds> time_left;
    /// How long the guest is expected to stand still if the migration switches over now. Empty before the first pass.
    std::optional<std::chrono::milliseconds> expected_downtime;
    /// How long the guest stood still. Empty until the migration has completed.
    std::optional<std::chrono::milliseconds> downtime;
    std::chrono::milliseconds total_time{};  ///< Since the start.

    friend bool operator==(migration_progress const&, migration_progress const&) = default;
};

/// Prints `active, 40427520 of 67641344 bytes remain, 27214000 sent, pass 1, 100000 bytes/s, 405 s left, expected downtime 300 ms`.
/// @see examples/migration.cpp
std::ostream& operator<<(std::ostream& out, migration_progress const& progress);

}  // namespace coqmp

#endif
