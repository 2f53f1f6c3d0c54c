// Lines into words: spaces separate, except between quotes and braces.
// Invariant: a word keeps its spelling; what it means is decided when the whole command is known.
#ifndef QMP_SHELL_LANGUAGE_READ_LEXER_HPP
#define QMP_SHELL_LANGUAGE_READ_LEXER_HPP

#include "language/read/value_scanner.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

/// Where something was typed: a statement has many lines if braces are open at their ends.
struct place
{
    std::size_t line = 0;
    std::size_t column = 0;
};

struct word
{
    std::string text;  ///< with its quotes, and with line feeds if braces go on over many lines
    place where;

    /// Where the character at `offset` was typed.
    [[nodiscard]] place at(std::size_t offset) const;
};

/// How a line ended.
enum class ending { complete, open_quote, open_brace };

/// Takes a statement, line by line. Inside a transaction `;` and `)` are words, too.
class lexer
{
public:
    explicit lexer(bool in_transaction = false) noexcept : in_transaction_(in_transaction) {}

    /// After open_brace the next line goes on where this one ended. The last word is there even if its quotes or braces are open.
    ending feed(std::string_view line);

    [[nodiscard]] std::vector<word> const& words() const noexcept { return words_; }
    [[nodiscard]] std::vector<word> take() { return std::move(words_); }
    [[nodiscard]] std::size_t lines() const noexcept { return lines_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool in_transaction() const noexcept { return in_transaction_; }
    [[nodiscard]] bool is_open() const noexcept { return !brackets_.empty(); }

    /// Of the line fed last: whether its end is one of a word, or of a comment.
    [[nodiscard]] bool ends_in_word() const noexcept { return ends_in_word_; }
    [[nodiscard]] bool ends_in_comment() const noexcept { return ends_in_comment_; }
    [[nodiscard]] place open_quote() const noexcept { return open_quote_; }

private:
    [[nodiscard]] char next() const noexcept { return column_ < line_.size() ? line_[column_] : '\0'; }
    [[nodiscard]] bool at_end() const noexcept { return column_ == line_.size(); }
    [[nodiscard]] bool at_separator() const noexcept;

    void skip_white() noexcept;
    ending begin_word();
    ending rest_of_word(bool value_begins);
    ending rest_of_braces();
    bool take_transaction();
    bool take(token const& what);
    void take_until(std::size_t end);

    std::vector<word> words_;
    std::vector<char> brackets_;  ///< the closing ones that are awaited
    std::size_t lines_ = 0;
    std::size_t size_ = 0;
    bool in_transaction_;
    bool has_equals_ = false;       ///< the word being read
    bool has_parenthesis_ = false;  ///< the word being read

    std::string_view line_;
    std::size_t column_ = 0;
    place open_quote_;
    bool ends_in_word_ = false;
    bool ends_in_comment_ = false;
};

}  // namespace qmp_shell

#endif
