// What must survive a restart of the supervisor, or of the host, so that a machine is treated as before: the wish of its operator
// first of all.
// Invariant: what a text does not say for certain is not guessed: parse() rejects it.
#ifndef COQMP_SRC_SUPERVISION_MACHINE_MEMORY_HPP
#define COQMP_SRC_SUPERVISION_MACHINE_MEMORY_HPP

#include <boost/json/object.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// What the operator wants of a machine.
enum class machine_wish { down, up };

[[nodiscard]] char const* to_string(machine_wish wish) noexcept;
std::ostream& operator<<(std::ostream& out, machine_wish wish);

/// What a supervisor is doing to a machine, if the next one must go on with it and could not know of it otherwise.
enum class work_under_way {
    none,
    launch,        ///< A QEMU is to be launched, which the policy alone would not do after a gap.
    restart,       ///< Its QEMU is being ended, and the next one is to be launched.
    host_shutdown  ///< Its QEMU is being ended, and the next one is to be launched with the host.
};

[[nodiscard]] char const* to_string(work_under_way what) noexcept;
std::ostream& operator<<(std::ostream& out, work_under_way what);

/// The facts.
struct machine_memory
{
    machine_wish wish = machine_wish::down;
    /// QEMU's word in the last SHUTDOWN event of the present process, if the supervisor did not ask for it and the guest did not
    /// survive it; else empty.
    std::string shutdown_cause;
    bool is_held = false;          ///< A client has paused it through us, and it has not run since.
    bool is_out_of_space = false;  ///< We saw QEMU pause it for lack of space, and it has not run since.
    bool is_migrated = false;  ///< Its guest was, or may have been, migrated away: a start would run it twice, on the same disks.
    bool is_given_up = false;  ///< It has failed too often.
    work_under_way under_way = work_under_way::none;

    friend bool operator==(machine_memory const&, machine_memory const&) = default;
};

std::ostream& operator<<(std::ostream& out, machine_memory const& memory);

/// Of the records that this version writes.
inline constexpr std::uint64_t memory_format = 2;

/// The facts as they are stored.
struct memory_record
{
    machine_memory memory;
    std::string boot_id;  ///< `/proc/sys/kernel/random/boot_id` when it was written: processes of another boot are gone.

    /// Of a newer version that wrote the text: its format, and the members that this version does not know. They are written again,
    /// so that a downgrade and the next upgrade lose nothing.
    std::uint64_t format = memory_format;
    boost::json::object unknown_members;

    friend bool operator==(memory_record const&, memory_record const&) = default;
};

/// One line of JSON, without a trailing newline:
/// `{"format":2,"needs":1,"wish":"up","boot-id":"..."}`, with `"shutdown-cause":"guest-shutdown"`, `"held":true`,
/// `"out-of-space":true`, `"migrated":true` and `"given-up":true` where they hold, and since format 2 `"under-way":"launch"`,
/// `"restart"` or `"host-shutdown"`. `needs` is the oldest format whose readers may act on the text: a version that adds what older
/// versions may ignore raises only `format`; one that adds what they must not ignore raises both. So `needs` is 2 exactly while work
/// is under way: an older version would forget that, but keep the member, and the next upgrade would do the work once more.
[[nodiscard]] std::string to_string(memory_record const& record);

/// Reads what to_string() has written.
/// @throws boost::system::system_error errc::invalid_record: what() says which member is missing, invalid or unknown, or that this
/// version is too old. The caller must then leave the file alone, and neither start nor stop the machine.
[[nodiscard]] memory_record parse_memory_record(std::string_view text);

}  // namespace coqmp::detail

#endif
