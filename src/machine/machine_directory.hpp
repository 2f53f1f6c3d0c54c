// Where a machine that outlives its programs keeps what the next program needs.
#ifndef COQMP_SRC_MACHINE_MACHINE_DIRECTORY_HPP
#define COQMP_SRC_MACHINE_MACHINE_DIRECTORY_HPP

#include <coqmp/descriptor.hpp>

#include <filesystem>
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

    /// Locks the directory. A QEMU that inherits the lock has it until its end, so that a second one is never started beside it, even
    /// if there is no record of the first.
    /// @throws boost::system::system_error `resource_unavailable_try_again`: a QEMU has it; the kernel's error
    [[nodiscard]] descriptor lock() const;

private:
    std::filesystem::path path_;  ///< absolute: QEMU may have another working directory
};

}  // namespace coqmp::detail

#endif
