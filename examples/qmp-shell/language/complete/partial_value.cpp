// Reads less strictly than read_literal(): mistakes before the cursor are reported when the line is entered.
#include "language/complete/partial_value.hpp"

#include "language/read/literal.hpp"
#include "language/text.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

class partial_value_reader
{
public:
    partial_value_reader(std::string_view text, argument_node& given) : text_(text), next_(&given) {}

    std::optional<partial_value> read()
    {
        while (position_ < text_.size()) {
            if (!step())
                return std::nullopt;
            if (found_)
                return found_;
            if (levels_.empty())
                return std::nullopt;
        }
        bool const name = !levels_.empty() && levels_.back().awaits == awaited::name;
        bool const value = !levels_.empty() && levels_.back().awaits == awaited::value;
        if (name || value)
            find(text_.size(), {}, '\0');
        return found_;
    }

private:
    enum class awaited { name, colon, value, comma };

    struct level
    {
        argument_node* node = nullptr;
        bool is_array = false;
        awaited awaits = awaited::name;
        std::string name;  ///< of the member that is being read
        std::size_t items = 0;
    };

    /// @return whether it makes sense
    bool step()
    {
        char const character = text_[position_];
        bool const top = levels_.empty();
        if (is_white(character)) {
            ++position_;
            return true;
        }
        if (character == '{' || character == '[')
            return (top || levels_.back().awaits == awaited::value) && open(character == '[');
        if (top)
            return false;
        if (character == '}' || character == ']')
            return close(character == ']');
        if (character == '#')
            position_ = std::min(text_.find('\n', position_), text_.size());
        else if (character == '"' || character == '\'')
            return quoted(character);
        else if (character == ':')
            return separator(awaited::colon);
        else if (character == ',')
            return separator(awaited::comma);
        else
            return bare();
        return true;
    }

    bool open(bool is_array)
    {
        if (levels_.size() == most_levels)
            return false;
        level& here = levels_.emplace_back();
        here.node = next_;
        here.is_array = is_array;
        here.awaits = is_array ? awaited::value : awaited::name;
        await_item();
        ++position_;
        return true;
    }

    /// The next value is one of this array's.
    void await_item()
    {
        level& here = levels_.back();
        if (here.is_array)
            next_ = &here.node->member(here.name = std::to_string(here.items));
    }

    bool close(bool is_array)
    {
        if (levels_.back().is_array != is_array)
            return false;
        levels_.pop_back();
        if (!levels_.empty())
            levels_.back().awaits = awaited::comma;
        ++position_;
        return true;
    }

    bool separator(awaited which)
    {
        level& here = levels_.back();
        if (here.awaits != which)
            return false;
        ++position_;
        if (which == awaited::colon) {
            here.awaits = awaited::value;
            next_ = &here.node->member(here.name);
            return true;
        }
        ++here.items;
        here.awaits = here.is_array ? awaited::value : awaited::name;
        await_item();
        return true;
    }

    bool quoted(char quote)
    {
        std::size_t const begin = position_;
        std::size_t end = begin + 1;
        while (end < text_.size() && text_[end] != quote)
            end += text_[end] == '\\' ? 2 : 1;
        if (end >= text_.size()) {
            find(begin, text_.substr(begin + 1), quote);
            return found_.has_value();
        }
        position_ = end + 1;
        return take(text_.substr(begin, position_ - begin), text_.substr(begin + 1, end - begin - 1));
    }

    bool bare()
    {
        std::size_t const begin = position_;
        position_ = std::min(text_.find_first_of(" \t\r\n,:{}[]\"'#", begin), text_.size());
        std::string_view const word = text_.substr(begin, position_ - begin);
        if (position_ == text_.size()) {
            find(begin, word, '\0');
            return found_.has_value();
        }
        return levels_.back().awaits == awaited::value && take(word, word);
    }

    /// A whole name or value.
    bool take(std::string_view written, std::string_view meant)
    {
        level& here = levels_.back();
        if (here.awaits == awaited::name) {
            here.name = meant;
            here.awaits = awaited::colon;
            return true;
        }
        if (here.awaits != awaited::value)
            return false;
        next_->value = typed_value{{std::string(written), {}}, false};
        here.awaits = awaited::comma;
        return true;
    }

    /// What is to be completed.
    void find(std::size_t begin, std::string_view prefix, char quote)
    {
        awaited const awaits = levels_.back().awaits;
        position_ = text_.size();
        if (awaits != awaited::name && awaits != awaited::value)
            return;
        partial_value result;
        result.is_name = awaits == awaited::name;
        for (level const& each : levels_)
            if (!result.is_name || &each != &levels_.back())
                result.path.push_back(each.name);
        result.begin = begin;
        result.prefix = prefix;
        result.quote = quote;
        found_ = std::move(result);
    }

    std::string_view text_;
    std::size_t position_ = 0;
    argument_node* next_;  ///< where the next value belongs
    std::vector<level> levels_;
    std::optional<partial_value> found_;
};

}  // namespace

std::optional<partial_value> read_partial_value(std::string_view text, argument_node& given)
{
    return partial_value_reader(text, given).read();
}

}  // namespace qmp_shell
