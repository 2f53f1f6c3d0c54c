// Each character is looked at once, however many lines a statement has.
#include "language/read/lexer.hpp"
#include "language/words.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

constexpr std::string_view transaction = "transaction";

bool is_quote(char character)
{
    return character == '"' || character == '\'';
}

}  // namespace

place word::at(std::size_t offset) const
{
    std::string_view const before = std::string_view(text).substr(0, offset);
    std::size_t const line_feed = before.rfind('\n');
    if (line_feed == std::string_view::npos)
        return {where.line, where.column + before.size()};
    auto const lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    return {where.line + lines, before.size() - line_feed - 1};
}

ending lexer::feed(std::string_view line)
{
    line_ = line;
    column_ = 0;
    size_ += line.size();
    ends_in_word_ = ends_in_comment_ = false;
    ending result = ending::complete;
    if (is_open()) {
        words_.back().text += '\n';
        result = rest_of_braces();
        if (result == ending::complete)
            result = rest_of_word(false);
    }
    while (result == ending::complete) {
        skip_white();
        if (at_end() || next() == '#')
            break;
        result = begin_word();
    }
    ends_in_comment_ = ends_in_comment_ || !at_end();
    ++lines_;
    line_ = {};
    return result;
}

void lexer::skip_white() noexcept
{
    while (!at_end() && is_white(next())) {
        ends_in_word_ = false;
        ++column_;
    }
}

void lexer::take_until(std::size_t end)
{
    words_.back().text.append(line_.substr(column_, end - column_));
    column_ = end;
}

/// `transaction(` is a word, whatever follows; with a space before the parenthesis, too.
bool lexer::take_transaction()
{
    if (in_transaction_ || words_.size() != 1 || words_.back().text != transaction || next() != '(')
        return false;
    take_until(column_ + 1);
    in_transaction_ = true;
    ends_in_word_ = false;
    return true;
}

ending lexer::begin_word()
{
    if (take_transaction())
        return ending::complete;
    words_.push_back({{}, {lines_, column_}});
    has_equals_ = has_parenthesis_ = false;
    ends_in_word_ = true;
    if (in_transaction_ && (next() == ';' || next() == ')')) {
        in_transaction_ = next() == ';';
        take_until(column_ + 1);
        ends_in_word_ = false;
        return ending::complete;
    }
    return rest_of_word(true);
}

/// A closing parenthesis ends a word only where a word can end, and only if it does not close one inside the word.
bool lexer::at_separator() const noexcept
{
    if (at_end() || is_white(next()))
        return true;
    if (!in_transaction_)
        return false;
    if (next() == ';')
        return true;
    std::size_t const after = column_ + 1;
    return next() == ')' && !has_parenthesis_ && (after == line_.size() || is_white(line_[after]) || line_[after] == ';');
}

ending lexer::rest_of_word(bool value_begins)
{
    // A block device's file name may be `json:{...}`, whose quotes and spaces are its own.
    constexpr std::string_view json_name = "json:{";
    while (!at_separator()) {
        bool const braces = value_begins && (next() == '{' || next() == '[');
        bool const json = value_begins && line_.substr(column_).starts_with(json_name);
        value_begins = next() == '=' && !has_equals_;
        has_equals_ = has_equals_ || next() == '=';
        has_parenthesis_ = has_parenthesis_ || next() == '(';
        if (json)
            take_until(line_.find('{', column_));
        if (json || braces) {
            if (ending const result = rest_of_braces(); result != ending::complete)
                return result;
        } else if (!is_quote(next())) {
            take_until(column_ + 1);
            if (take_transaction())
                return ending::complete;
        } else if (!take(next_token(line_, column_))) {
            return ending::open_quote;
        }
    }
    return ending::complete;
}

/// Takes a bracket and all until the one that closes it; or goes on doing so.
ending lexer::rest_of_braces()
{
    do {
        token const next = next_token(line_, column_);
        take_until(next.begin);
        if (next.what == token::kind::end || next.what == token::kind::comment) {
            ends_in_comment_ = next.what == token::kind::comment;
            column_ = line_.size();
            return ending::open_brace;
        }
        if (!take(next))
            return ending::open_quote;
        char const mark = next.mark();
        if (mark == '{' || mark == '[')
            brackets_.push_back(mark == '{' ? '}' : ']');
        else if ((mark == '}' || mark == ']') && mark == brackets_.back())
            brackets_.pop_back();
        else if (mark == '}' || mark == ']')
            brackets_.clear();  // the reader of the value reports what is wrong with it
    } while (is_open());
    ends_in_word_ = true;
    return ending::complete;
}

/// @return false: a quote is not closed
bool lexer::take(token const& what)
{
    take_until(what.end());
    if (what.what != token::kind::open_quote)
        return true;
    open_quote_ = {lines_, what.begin};
    brackets_.clear();
    return false;
}

}  // namespace qmp_shell
