// Complaints about lines: each says which line, and points at the column.
#ifndef QMP_SHELL_COMMANDS_DIAGNOSTICS_HPP
#define QMP_SHELL_COMMANDS_DIAGNOSTICS_HPP

#include "exit_code.hpp"
#include "language/read/argument.hpp"
#include "terminal/screen.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

class diagnostics
{
public:
    explicit diagnostics(screen& screen) : screen_(screen) {}

    /// The lines that follow are those of a script, which are counted: `line 3`, `command 2`.
    void number_next(std::string_view unit, std::size_t number);
    /// A line is about to be executed. @param goes_on it belongs to the statement that the lines before it began
    void begin_line(std::string_view line, std::string prompt, bool goes_on);
    void forget_lines() { lines_.clear(); }

    /// Of the statement so far, with the one that is being executed.
    [[nodiscard]] std::vector<std::string> const& lines() const noexcept { return lines_; }
    /// The words of a line that can have been typed by hand. @return none: it is one of several, or too long
    [[nodiscard]] std::vector<std::string> typed_words() const;

    /// Points at a byte of a line, with the text below it. @param lines_back how many lines before the last one it is
    void point_at(std::size_t byte, std::string const& text, std::size_t lines_back = 0);
    /// Points at a mistake in a part of the last line. @param begin the part's first byte @return exit_code::usage
    exit_code point_at(mistake const& wrong, std::size_t begin);
    /// Complains about the line as a whole. @return exit_code::usage
    exit_code refuse(std::string const& reason);

private:
    screen& screen_;
    std::string unit_;
    std::size_t number_ = 0;  ///< of the line that is being executed; 0: lines are not counted
    std::string prompt_;
    std::vector<std::string> lines_;
    std::size_t printed_ = 0;  ///< what the screen had printed when its execution began
};

}  // namespace qmp_shell

#endif
