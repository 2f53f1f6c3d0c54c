// The lines that the arrow keys bring back, as libedit keeps them.
#ifndef QMP_SHELL_TERMINAL_RECALLED_LINES_HPP
#define QMP_SHELL_TERMINAL_RECALLED_LINES_HPP

#include "terminal/history.hpp"

#include <histedit.h>

#include <memory>
#include <string>
#include <vector>

namespace qmp_shell {

class recalled_lines
{
public:
    /// @throws std::system_error
    explicit recalled_lines(history const& past);

    /// For libedit's EL_HIST.
    [[nodiscard]] History* get() const noexcept { return lines_.get(); }

    void add(std::string const& line);
    /// A line of a statement that goes on: it stays until forget_parts().
    void add_part(std::string const& line);
    void forget_parts();

private:
    std::unique_ptr<History, void (*)(History*)> lines_;
    std::vector<int> parts_;  ///< libedit's numbers of them
};

}  // namespace qmp_shell

#endif
