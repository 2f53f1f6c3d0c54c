#include "commands/shell_context.hpp"

#include "language/print.hpp"
#include "terminal/columns.hpp"

namespace qmp_shell {

std::string shell_context::format(boost::json::value const& what) const
{
    bool const may_differ = layout == qmp_shell::layout::automatic && screen.interactive();
    bool const many =
        layout == qmp_shell::layout::many_lines || (may_differ && columns_of(print(what, {})) > qmp_shell::screen::width());
    return print(what, {many, screen.colour()});
}

}  // namespace qmp_shell
