// Characters that look like others, or like nothing.
#ifndef QMP_SHELL_LANGUAGE_READ_UNPRINTABLE_HPP
#define QMP_SHELL_LANGUAGE_READ_UNPRINTABLE_HPP

#include "language/read/argument.hpp"
#include "language/read/lexer.hpp"

namespace qmp_shell {

/// A name or a key with a blank, a control character or a typographic quote in it, a value that begins with such a quote: the
/// user cannot see why it is refused. Text in quotes and braces is left as it is.
/// @throws mistake
void check_printable(word const& what);

}  // namespace qmp_shell

#endif
