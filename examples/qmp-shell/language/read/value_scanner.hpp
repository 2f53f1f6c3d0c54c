// Values in braces, `{"a": [1, 'b']}`, part by part. This is the only place that knows where their parts begin and end, and which
// part may follow which: the lexer, the reader of literals, the search for a member and completion all read through it.
#ifndef QMP_SHELL_LANGUAGE_READ_VALUE_SCANNER_HPP
#define QMP_SHELL_LANGUAGE_READ_VALUE_SCANNER_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

enum class notation {
    json,   ///< JSON and nothing else
    python  ///< what Python says in another way, too: single quotes, True, None, tuples, a comma at the end
};

/// QEMU reads no deeper.
inline constexpr std::size_t most_levels = 1024;

/// What is wrong with a text, and where. It is thrown.
struct literal_error
{
    std::size_t offset = 0;
    std::string message;
};

/// Reads the quoted text that begins at `position`, and moves that behind its closing quote.
/// @throws literal_error
[[nodiscard]] std::string read_quoted(std::string_view text, std::size_t& position, notation allowed);

/// What stands between white space, brackets and separators.
struct token
{
    enum class kind {
        mark,        ///< one of `{}[]():,`
        quoted,      ///< a text with both of its quotes
        open_quote,  ///< a text without the quote that ends it
        word,
        comment,  ///< `#` after white space, and the rest of the line
        end
    };

    kind what = kind::end;
    std::size_t begin = 0;
    std::string_view text;

    [[nodiscard]] std::size_t end() const noexcept { return begin + text.size(); }
    /// The character that is the mark; 0: it is something else.
    [[nodiscard]] char mark() const noexcept { return what == kind::mark ? text.front() : '\0'; }
};

/// The first token at or after `position`.
[[nodiscard]] token next_token(std::string_view text, std::size_t position);

/// A part of a value.
struct value_part
{
    enum class kind {
        object,  ///< begins
        array,   ///< begins, and so does a tuple
        close,   ///< an object or an array ends
        name,    ///< of a member
        quoted,
        word,
        unfinished_name,   ///< with or without its opening quote, perhaps empty: the text ends here
        unfinished_value,  ///< the same
        end
    };

    kind what = kind::end;
    std::size_t begin = 0;
    std::string_view text;           ///< as it was typed
    std::optional<std::string> key;  ///< what a name says; of an item of an array its number
};

/// Reads one value that is the whole text, or the beginning of one.
class value_scanner
{
public:
    enum class extent { whole, beginning };

    explicit value_scanner(std::string_view text, notation allowed, extent given = extent::whole) noexcept
        : text_(text), allowed_(allowed), given_(given)
    {}

    /// @throws literal_error where such a part cannot stand, and where a whole value is not whole
    [[nodiscard]] value_part next();

    /// Complains about what stands where a value should. @throws literal_error
    [[noreturn]] void refuse_value(std::size_t offset) const;

private:
    enum class awaited { name, colon, value, comma, nothing };

    struct level
    {
        char end;  ///< the bracket that closes it
        std::size_t items = 0;
    };

    [[nodiscard]] bool is_python() const noexcept { return allowed_ == notation::python; }
    [[nodiscard]] bool is_text(token const& what) const;
    /// @return nothing: the token is finished, or nothing of interest can stand there
    [[nodiscard]] std::optional<value_part> unfinished(token const& last);
    [[nodiscard]] value_part part(value_part::kind what, token const& from);
    [[nodiscard]] value_part open(token const& bracket);
    [[nodiscard]] value_part value(token const& from);
    void end_value();

    std::string_view text_;
    notation allowed_;
    extent given_;
    std::size_t position_ = 0;
    std::vector<level> levels_;
    awaited awaits_ = awaited::value;
    bool may_close_ = false;  ///< the innermost level can end here
};

}  // namespace qmp_shell

#endif
