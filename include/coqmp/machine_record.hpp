// Identifies a running machine, so that another process can adopt it.
#ifndef COQMP_MACHINE_RECORD_HPP
#define COQMP_MACHINE_RECORD_HPP

#include <coqmp/detail/boost_version.hpp>

#include <sys/types.h>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace coqmp {

/// Identifies a running QEMU, and says where it looks for a monitor client: all that machine::adopt() needs. The process
/// number alone is not enough, because the kernel reuses it.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see machine::record(), machine::release(), examples/adopt.cpp
struct machine_record
{
    machine_record() = default;  // not an aggregate, as session_options

    /// Reads what to_string() has written.
    /// @throws boost::system::system_error errc::invalid_record: what() says which member is missing or invalid, or that a
    /// newer version of the library has written it
    [[nodiscard]] static machine_record parse(std::string_view text);

    /// Reads the record in a file. Blocks, but only as long as it takes to read a small local file.
    /// @param path the path of the file
    /// @return nothing if there is no such file
    /// @throws boost::system::system_error as parse(), or the kernel's error if the file cannot be read; what() names the file
    /// @see examples/adopt.cpp
    [[nodiscard]] static std::optional<machine_record> load(std::string const& path);

    /// Writes the record to a file, which only its owner may read. An older record there is replaced atomically, or stays as it was:
    /// a full disk or a sudden end of the program never leaves half a record.
    /// @param path the path of the file; `PATH.new` beside it is used meanwhile
    /// @throws boost::system::system_error the kernel's error; what() names the file
    /// @see examples/adopt.cpp
    void save(std::string const& path) const;

    ::pid_t process = 0;
    std::uint64_t start_time = 0;  ///< When the process was started: clock ticks since the boot, as in `/proc/PID/stat`.
    std::string boot_id;           ///< Of the boot in which it was started: `/proc/sys/kernel/random/boot_id`.
    std::string monitor;           ///< The path of the unix socket to which QEMU keeps reconnecting: listen there.

    friend bool operator==(machine_record const&, machine_record const&) = default;
};

/// One line of JSON, without a trailing newline: `{"format":1,"process":4711,...}`. Later versions of the library read it.
[[nodiscard]] std::string to_string(machine_record const& record);
std::ostream& operator<<(std::ostream& out, machine_record const& record);

}  // namespace coqmp

#endif
