// Names of files, for completion.
#ifndef QMP_SHELL_QEMU_FILE_NAMES_HPP
#define QMP_SHELL_QEMU_FILE_NAMES_HPP

#include "language/complete/completion.hpp"

#include <string_view>
#include <vector>

namespace qmp_shell {

/// Files and directories whose paths begin with this; hidden ones only if their name was begun with a dot.
[[nodiscard]] std::vector<candidate> file_names(std::string_view prefix);

}  // namespace qmp_shell

#endif
