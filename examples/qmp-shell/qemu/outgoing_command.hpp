// The last steps from what was typed to what is sent: files are opened, and a device's properties get the types that only QEMU knows.
#ifndef QMP_SHELL_QEMU_OUTGOING_COMMAND_HPP
#define QMP_SHELL_QEMU_OUTGOING_COMMAND_HPP

#include "language/read/syntax.hpp"
#include "qemu/monitor.hpp"

#include <coqmp/command.hpp>
#include <coqmp/descriptor.hpp>

#include <sys/types.h>

#include <string>
#include <vector>

namespace qmp_shell {

/// One command, or several of which the first hand over descriptors.
using outgoing_commands = std::vector<coqmp::command>;

/// Files that were not there before. Those that are still empty at the end are removed again, unless keep() is called: a
/// command that QEMU has refused leaves no file behind.
class created_files
{
public:
    created_files() = default;
    created_files(created_files const&) = delete;
    created_files& operator=(created_files const&) = delete;
    ~created_files();

    void add(std::string path, coqmp::descriptor const& file);
    void keep() noexcept { files_.clear(); }

private:
    struct created
    {
        std::string path;
        ::dev_t device;
        ::ino_t number;  ///< there may be another file of that name by now
    };
    std::vector<created> files_;
};

/// @param made gets the files that were created
/// @throws std::runtime_error when a file cannot be opened, or its name is not clear
[[nodiscard]] outgoing_commands prepare(typed_command said, monitor& monitor, created_files& made);

}  // namespace qmp_shell

#endif
