// How a migration ended.
#ifndef COQMP_MIGRATION_END_HPP
#define COQMP_MIGRATION_END_HPP

#include <iosfwd>
#include <string>
#include <utility>

namespace coqmp {

/// How a migration ended.
enum class migration_outcome {
    completed,  ///< The guest is at the destination.
    failed,     ///< migration_end::error has QEMU's reason; the guest stays at the source.
    cancelled,  ///< A client, perhaps another one, cancelled it; the guest stays at the source.
    refused     ///< QEMU refused a command that the wait depended on, or it was too late to cancel; the migration may go on.
};

/// `completed`, `failed`, ...
std::ostream& operator<<(std::ostream& out, migration_outcome outcome);

/// What migration::async_wait() and migration::async_run() complete with.
/// @par Threads Distinct objects may be used from distinct threads.
struct migration_end
{
    migration_end() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice
    explicit migration_end(migration_outcome result, std::string reason = {}) : outcome(result), error(std::move(reason)) {}

    migration_outcome outcome = migration_outcome::refused;
    /// QEMU's reason, byte for byte; empty if the migration has completed, and if QEMU did not give one. If a command was refused,
    /// the name of that command and QEMU's description.
    std::string error;

    friend bool operator==(migration_end const&, migration_end const&) = default;
};

/// Prints `failed: Unable to write to socket: Broken pipe`.
std::ostream& operator<<(std::ostream& out, migration_end const& end);

}  // namespace coqmp

#endif
