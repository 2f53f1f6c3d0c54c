// Where a machine that outlives its programs keeps what the next program needs.
#ifndef COQMP_SRC_MACHINE_MACHINE_DIRECTORY_HPP
#define COQMP_SRC_MACHINE_MACHINE_DIRECTORY_HPP

#include "machine/lock_holder.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/launch_options.hpp>
#include <coqmp/machine_record.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The directory of one machine.
class machine_directory
{
public:
    /// Makes the directory if it does not exist.
    /// @throws boost::system::system_error the kernel's error; what() names the directory
    explicit machine_directory(std::string const& path);

    [[nodiscard]] std::string monitor() const { return path_ / "monitor"; }
    [[nodiscard]] std::string record() const { return path_ / "record"; }
    [[nodiscard]] std::string log() const { return path_ / "log"; }

    /// A QEMU that is known to run with this directory.
    struct resident
    {
        machine_record record;
        bool is_recorded = false;  ///< Whether the record names it. If not, its program died before it could write the record.
    };

    /// The QEMU that the record names, or if that one has ended, the one that holds the lock. Blocks, but not for long.
    /// @param spec whose user a QEMU without a record must have
    /// @param holders who holds the locks of several machines, if that is asked for several
    /// @return nothing: there is neither. A record of a process that has ended is returned if no other process has the lock.
    /// @throws boost::system::system_error as machine_record::load(), `invalid_argument`: there is no such user; the kernel's error
    [[nodiscard]] std::optional<resident> find(launch_options const& spec, lock_holders* holders = nullptr) const;

    /// Locks the directory. A QEMU that inherits the lock has it until its end, so that a second one is never started beside it, even
    /// if there is no record of the first.
    /// @throws boost::system::system_error `resource_unavailable_try_again`: a QEMU has it; the kernel's error
    [[nodiscard]] descriptor lock() const;

    /// Requires that only we can put files there: it is a directory, not a link to one, it is ours, and only we may write to it.
    /// @throws boost::system::system_error `permission_denied`, or the kernel's error; what() names the directory
    void require_ownership() const;

private:
    [[nodiscard]] std::string lock_file() const { return path_ / "lock"; }
    [[nodiscard]] std::string why_it_is_locked() const;

    std::filesystem::path path_;  ///< absolute: QEMU may have another working directory
};

}  // namespace coqmp::detail

#endif
