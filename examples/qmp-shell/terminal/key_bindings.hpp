// What libedit does for the keys of a terminal.
#ifndef QMP_SHELL_TERMINAL_KEY_BINDINGS_HPP
#define QMP_SHELL_TERMINAL_KEY_BINDINGS_HPP

#include <histedit.h>

namespace qmp_shell {

/// Binds keys that libedit does not know by itself; ~/.editrc may change them.
void bind_usual_keys(EditLine* editor);

/// Reads $EDITRC or ~/.editrc, as libedit does; a file that is not a regular one, and could block, is left alone.
void read_editrc(EditLine* editor);

}  // namespace qmp_shell

#endif
