#include "commands/diagnostics.hpp"

#include "language/words.hpp"
#include "terminal/columns.hpp"

#include <utility>

namespace qmp_shell {

namespace {

/// Where a mistake is, in a statement of one or several lines.
struct position
{
    std::size_t line;    ///< from 1
    std::size_t byte;    ///< of the line, from 0
    std::size_t column;  ///< the same in characters, from 1
};

position place_of(std::string_view text, std::size_t line, std::size_t byte)
{
    std::string_view const before = text.substr(0, byte);
    return {line, byte, characters_in(before) + byte - before.size() + 1};
}

}  // namespace

void diagnostics::number_next(std::string_view unit, std::size_t number)
{
    unit_ = unit;
    number_ = number;
}

void diagnostics::begin_line(std::string_view line, std::string prompt, bool goes_on)
{
    if (!goes_on)
        lines_.clear();
    lines_.emplace_back(line);
    prompt_ = std::move(prompt);
    printed_ = screen_.printed();
}

std::vector<std::string> diagnostics::typed_words() const
{
    constexpr std::size_t longest = 4096;
    bool const typed = lines_.size() == 1 && lines_.back().size() < longest;
    return typed ? words_of(lines_.back()) : std::vector<std::string>();
}

void diagnostics::point_at(std::size_t byte, std::string const& text, std::size_t lines_back)
{
    // Of `:page LINE` only LINE is known here, and that twice.
    std::string const line = lines_back < lines_.size() ? lines_[lines_.size() - 1 - lines_back] : std::string();
    position const place = place_of(line, lines_.size() - lines_back, byte);
    std::string const column = "column " + std::to_string(place.column) + ": ";
    bool const earlier = lines_back > 0;
    if (!screen_.interactive()) {
        if (earlier && number_ > lines_back)
            screen_.place(unit_ + ' ' + std::to_string(number_ - lines_back));
        excerpt const shown = excerpt_at(line, place.byte);
        screen_.complain(column + text + "\n  " + shown.text + "\n  " + std::string(shown.caret, ' ') + '^');
        return;
    }
    // Below what was typed, if that stands in one line and is the last that was written.
    std::size_t const begin = columns_of(prompt_);
    bool const points = begin + columns_of(line) < screen::width() && screen_.printed() == printed_ && !earlier;
    if (points)
        screen_.complain(std::string(begin + columns_of(line.substr(0, place.byte)), ' ') + "^\n" + text);
    else
        screen_.complain((earlier ? "line " + std::to_string(place.line) + ", " : "") + column + text);
}

exit_code diagnostics::point_at(mistake const& wrong, std::size_t begin)
{
    point_at(begin + wrong.where.column, harmless(wrong.message));
    return exit_code::usage;
}

exit_code diagnostics::refuse(std::string const& reason)
{
    screen_.complain(reason);
    return exit_code::usage;
}

}  // namespace qmp_shell
