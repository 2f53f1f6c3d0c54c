// What was typed before, in this session and in earlier ones.
#ifndef QMP_SHELL_TERMINAL_HISTORY_HPP
#define QMP_SHELL_TERMINAL_HISTORY_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// Lines, oldest first; kept in a file of plain lines, which the old shell reads and writes too.
class history
{
public:
    history() = default;  ///< without a file

    /// Reads a file. A file that cannot be read, or is not a regular file of this user, is left alone; of a huge file only the
    /// end is read. Links are followed.
    explicit history(std::string file);

    /// `~/.qmp-shell_history`, or nothing without a home.
    [[nodiscard]] static std::string usual_file();

    /// Adds a line and appends it to the file, which becomes private (mode 0600). Skips a line that is empty, begins with a
    /// space or repeats the one before.
    /// @return whether it was added
    bool add(std::string_view line);

    [[nodiscard]] std::vector<std::string> const& lines() const noexcept { return lines_; }

    static constexpr std::size_t most_lines = 2000;

private:
    void read();
    void rewrite() const;

    std::string file_;
    std::vector<std::string> lines_;
};

}  // namespace qmp_shell

#endif
