// Reads devices and buses from HMP's texts: QMP has no commands for these.
#ifndef QMP_SHELL_QEMU_DEVICE_LISTS_HPP
#define QMP_SHELL_QEMU_DEVICE_LISTS_HPP

#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

struct listed_bus
{
    std::string name;
    std::string type;  ///< of QEMU's object model: `PCIE`, `SCSI`
};

/// @param text of `info qtree`
[[nodiscard]] std::vector<listed_bus> buses_in(std::string_view text);

struct listed_driver
{
    std::string name;
    std::string bus;  ///< the type that it needs; may be empty
    std::string purpose;
};

/// Those that a user may add. @param text of `info qdm`
[[nodiscard]] std::vector<listed_driver> drivers_in(std::string_view text);

}  // namespace qmp_shell

#endif
