// Lines into statements: which lines belong together, and what is for the shell itself.
#include "language/read/syntax.hpp"

#include "language/read/command_line.hpp"
#include "language/read/unicode.hpp"
#include "language/read/unprintable.hpp"
#include "language/words.hpp"

#include <algorithm>
#include <span>

namespace json = boost::json;

namespace qmp_shell {

namespace {

constexpr std::size_t longest_statement = std::size_t{64} << 20;  // what QEMU reads at once

/// What stands before a comment.
std::string_view without_comment(std::string_view text)
{
    char quote = '\0';
    for (std::size_t index = 0; index < text.size(); ++index) {
        char const character = text[index];
        if (quote != '\0')
            quote = character == quote ? '\0' : quote;
        else if (character == '"' || character == '\'')
            // An apostrophe that is not closed is not a quote.
            quote = text.find(character, index + 1) != std::string_view::npos ? character : '\0';
        else if (character == '#' && (index == 0 || is_white(text[index - 1])))
            return text.substr(0, index);
    }
    return text;
}

/// `:name rest`, `help rest`, `exit`. @return nothing: it is for QEMU
std::optional<statement> read_meta_command(std::string_view line)
{
    std::string_view const text = trimmed(without_comment(line));
    std::size_t const length = std::min(text.find_first_of(white), text.size());
    bool const colon = text.starts_with(':');
    std::string_view const first = text.substr(0, length);
    if (!colon && first != "help" && text != "exit")
        return std::nullopt;
    auto const begin = static_cast<std::size_t>(text.data() - line.data());
    if (first == ":")
        return syntax_error{begin, "a name is missing after the colon: `:help` lists all", 0};
    check_printable({std::string(first), {0, begin}});
    std::string_view const rest = trimmed(text.substr(length));
    std::size_t const rest_column = rest.empty() ? begin + length : static_cast<std::size_t>(rest.data() - line.data());
    return meta_command{std::string(first.substr(colon ? 1 : 0)), std::string(rest), rest_column};
}

syntax_error pointed(mistake what, std::size_t lines)
{
    std::size_t const back = lines - std::min(lines, what.where.line + 1);
    return {what.where.column, std::move(what.message), back};
}

}  // namespace

statement line_reader::read(std::string_view line)
{
    if (!in_transaction_ && !lexer_.is_open()) {
        lines_read_ = 0;
        one_line_.clear();
    }
    ++lines_read_;
    while (line.ends_with('\n') || line.ends_with('\r'))
        line.remove_suffix(1);
    auto const refuse = [this](std::size_t column, std::string message) {
        lexer_ = lexer(in_transaction_);
        return syntax_error{column, std::move(message), 0};
    };
    // Its length is known at once; all else takes time in proportion to it.
    if (line.size() > longest_statement - std::min(lexer_.size(), longest_statement))
        return refuse(0, "this is over 64 MiB, more than QEMU reads");
    if (std::size_t const bad = find_no_utf8(line); bad != std::string_view::npos)
        return refuse(bad, "this is not UTF-8, the only encoding that QEMU reads");
    if (std::size_t const bad = line.find('\0'); bad != std::string_view::npos)
        return refuse(bad, "here is a NUL byte: this is not a line of text");
    if (!lexer_.is_open()) {
        try {
            if (std::optional<statement> meta = read_meta_command(line))
                return *std::move(meta);
        } catch (mistake& wrong) {
            return pointed(std::move(wrong), 0);
        }
    }
    ending const end = lexer_.feed(line);
    if (end == ending::open_brace)
        return nothing_typed{};
    lexer done = std::exchange(lexer_, lexer(in_transaction_));
    std::vector<word> const words = done.take();
    bool const goes_on = in_transaction_;
    if (!goes_on)
        add_to_one_line(words, false);
    if (end == ending::open_quote)
        return pointed({done.open_quote(), "the quote that begins here is not closed"}, done.lines());
    if (words.empty())
        return nothing_typed{};
    statement result;
    try {
        result = read_statement(words, done.lines());
        if (goes_on)
            add_to_one_line(words, true);
    } catch (mistake& wrong) {
        result = pointed(std::move(wrong), done.lines());
    }
    lexer_ = lexer(in_transaction_);
    return result;
}

void line_reader::add_to_one_line(words_view words, bool goes_on)
{
    if (!goes_on)
        one_line_.clear();
    else if (one_line_ != transaction_opening && words.front().text != ")")
        one_line_ += " ;";
    std::size_t const before = one_line_.size();
    for (word const& each : words)
        one_line_.append(one_line_.empty() ? "" : " ").append(each.text);
    std::replace(one_line_.begin() + static_cast<std::ptrdiff_t>(before), one_line_.end(), '\n', ' ');
}

statement line_reader::read_statement(words_view words, std::size_t lines)
{
    for (word const& each : words)
        check_printable(each);
    if (in_transaction_ || words.front().text == transaction_opening)
        return read_transaction(words, lines);
    return words.front().text.starts_with('{') ? read_raw(words) : read_command(words, known_);
}

/// Nothing of the line is kept until all of it is found good.
statement line_reader::read_transaction(words_view words, std::size_t lines)
{
    std::vector<typed_action> added;
    words_view rest = in_transaction_ ? words : words.subspan(1);
    while (!rest.empty()) {
        auto const end =
            std::find_if(rest.begin(), rest.end(), [](word const& each) { return each.text == ";" || each.text == ")"; });
        auto const length = static_cast<std::size_t>(end - rest.begin());
        if (length != 0)
            added.push_back(read_action(rest.first(length), known_));
        rest = rest.subspan(length);
        if (!rest.empty() && rest.front().text == ")") {
            typed_command command = read_transaction_arguments(rest.subspan(1), known_);
            keep(std::move(added), lines);
            command.arguments["actions"] = std::exchange(actions_, json::array());
            command.places = std::exchange(action_places_, source_map());
            in_transaction_ = false;
            return command;
        }
        rest = rest.subspan(std::min<std::size_t>(rest.size(), 1));
    }
    in_transaction_ = true;
    keep(std::move(added), lines);
    return nothing_typed{};
}

void line_reader::keep(std::vector<typed_action> added, std::size_t lines)
{
    for (typed_action& each : added) {
        action_places_.add_part(std::move(each.places), "actions[" + std::to_string(actions_.size()) + ']', lines_read_ - lines);
        actions_.emplace_back(std::move(each.object));
    }
}

void line_reader::reset() noexcept
{
    in_transaction_ = false;
    actions_.clear();
    action_places_ = source_map();
    lexer_ = lexer();
}

}  // namespace qmp_shell
