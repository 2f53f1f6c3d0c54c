// Moves a guest between two machines of this program, in one call.
#ifndef COQMP_MIGRATE_HPP
#define COQMP_MIGRATE_HPP

#include <coqmp/machine.hpp>
#include <coqmp/migration_failed.hpp>
#include <coqmp/migration_progress.hpp>
#include <coqmp/migration_spec.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace coqmp {

/// Moves the guest of one machine to another machine, and waits until it has arrived: receive_migration(), start_migration() and
/// migration::run(). The destination then has the run state that QEMU has given it: that of the source at the switchover, or `paused`
/// if the source was running and the destination was started with `-S`. machine::state() reports it, and no further wait is needed.
///
/// The capability `return-path` is turned on, unless the spec sets it: the source then waits until the destination has loaded the guest.
/// Without it, the source is in the state `postmigrate` if the destination fails at the very end, and the guest runs nowhere until
/// `cont` is sent to the source. Turn it off for an address that only works in one direction, such as a file.
/// @code
/// co_await coqmp::migrate(source, destination, "unix:/run/vm7.migration");
/// @endcode
/// @param source has the guest. After a success, it is in the state `postmigrate`, and is of no further use. After a failure or a
/// cancellation, its guest goes on as before.
/// @param destination was started with `-incoming defer` and otherwise with the arguments of the source. After a failure or a
/// cancellation, its QEMU exits, unless the source never reached it, and is of no further use either way: shut it down (shutdown_options::without_guest()), or destroy the
/// machine.
/// @param spec the address at which the destination listens, capabilities and parameters, for both sides. QEMU makes the file of a unix
/// socket, replaces what is there, and leaves it behind if the migration fails.
/// @param on_progress as for migration::run()
/// @throws migration_failed as migration::run(). If the migration failed, the text ends with what the destination wrote on its standard
/// error during the migration, which is often the actual reason: machine_spec::standard_error says when it is kept. The destination's
/// QEMU has 5 seconds to exit until then.
/// @throws command_failed with the error that QEMU returned to one of the commands: `'-incoming' was not specified on the command
/// line`, for example, if the destination was not started with `-incoming`, and `The incoming migration has already been started` if
/// that was given an address
/// @throws boost::system::system_error errc::not_running: a machine was not started, has ended, or was moved from;
/// errc::disconnected: a session has ended, and a migration that has begun may go on
/// @throws std::invalid_argument source and destination are the same machine
/// @throws what `on_progress` throws
/// @par Cancellation terminal and partial: the migration is cancelled in QEMU, as by migration::run(), and migration_failed with
/// errc::migration_cancelled is thrown when it has ended; `operation_aborted` if QEMU has not accepted it yet. If it completes before
/// QEMU has cancelled it, migrate() returns normally when the guest runs at the destination, and the coroutine's next co_await throws
/// `operation_aborted`. A second cancellation ends only migrate(): `query-status` at both sides then says where the guest is.
/// @par Threads as machine; the machines may be on different executors
/// @par Lifetime The machines may be moved while the function waits. If one is destroyed, the function ends with an error.
/// @see examples/migration.cpp
[[nodiscard]] boost::asio::awaitable<void> migrate(machine& source, machine& destination, migration_spec spec,
                                                   std::function<void(migration_progress const&)> on_progress = {});

}  // namespace coqmp

#endif
