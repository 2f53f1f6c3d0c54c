#include "commands/diagnostics.hpp"

#include "language/text.hpp"
#include "terminal/text.hpp"

#include <utility>

namespace qmp_shell {

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

void diagnostics::point_at(std::size_t column, std::string const& text, std::size_t lines_back)
{
    // Of `:page LINE` only LINE is known here, and that twice.
    std::string const line = lines_back < lines_.size() ? lines_[lines_.size() - 1 - lines_back] : std::string();
    std::string const before = line.substr(0, column);
    std::string const place = "column " + std::to_string(characters_in(before) + column - before.size() + 1) + ": ";
    bool const earlier = lines_back > 0;
    if (!screen_.interactive()) {
        if (earlier && number_ > lines_back)
            screen_.place(unit_ + ' ' + std::to_string(number_ - lines_back));
        excerpt const shown = excerpt_at(line, column);
        screen_.complain(place + text + "\n  " + shown.text + "\n  " + std::string(shown.caret, ' ') + '^');
        return;
    }
    // Below what was typed, if that stands in one line and is the last that was written.
    std::size_t const begin = columns_of(prompt_);
    bool const points = begin + columns_of(line) < screen::width() && screen_.printed() == printed_ && !earlier;
    std::string const which = earlier ? "line " + std::to_string(lines_.size() - lines_back) + ", " : std::string();
    screen_.complain((points ? std::string(begin + columns_of(before), ' ') + "^\n" : which + place) + text);
}

exit_code diagnostics::refuse(std::string const& reason)
{
    screen_.complain(reason);
    return exit_code::usage;
}

}  // namespace qmp_shell
