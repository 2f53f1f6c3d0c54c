// The files of crash dumps, without I/O: their names, which of them are removed, and whether there is room for another one.
// Invariant: a file that is not a dump of this machine is never named for removal.
#ifndef COQMP_SRC_SUPERVISION_DUMP_FILES_HPP
#define COQMP_SRC_SUPERVISION_DUMP_FILES_HPP

#include <coqmp/event.hpp>
#include <coqmp/reply.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

/// Where dumps are written, and the limits of supervision_policy.
struct dump_settings
{
    std::string directory;
    std::uint64_t largest = 0;  ///< In bytes. Zero: no limit.
    std::size_t most = 0;       ///< Zero: no limit.
};

/// `vm7.20261201T173000.123Z.elf`: sorted by name, the dumps of a machine are sorted by time.
[[nodiscard]] std::string dump_name(std::string_view machine, std::chrono::system_clock::time_point when);

/// The name that a dump has until it is complete, and the reverse. Empty: it is no such name.
[[nodiscard]] std::string incomplete_name_of(std::string_view dump);
[[nodiscard]] std::string complete_name_of(std::string_view incomplete);

[[nodiscard]] bool is_dump_of(std::string_view machine, std::string_view name) noexcept;
[[nodiscard]] bool is_incomplete_dump_of(std::string_view machine, std::string_view name) noexcept;

/// The machine's oldest dumps, so many that at most this many are left.
[[nodiscard]] std::vector<std::string> surplus_dumps(std::string_view machine, std::vector<std::string> names, std::size_t most);

/// The size of a guest's memory, from the answer to `query-memory-size-summary`. Nothing: it is not known.
[[nodiscard]] std::optional<std::uint64_t> guest_memory_in(reply const& answer) noexcept;

/// Why a guest with so much memory is not dumped, for people. Empty: it may be dumped.
/// @param free bytes in the file system of the directory
[[nodiscard]] std::string dump_refusal(std::uint64_t memory, dump_settings const& settings, std::uint64_t free);

/// How far QEMU is with a dump.
enum class dump_progress { none, active, completed, failed };

/// From the answer to `query-dump`; `none` if it is an error.
[[nodiscard]] dump_progress dump_progress_in(reply const& answer) noexcept;
/// From a DUMP_COMPLETED.
[[nodiscard]] dump_progress dump_progress_in(event const& completed) noexcept;

}  // namespace coqmp::detail

#endif
