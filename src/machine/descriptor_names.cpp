#include "machine/descriptor_names.hpp"

#include <cstddef>
#include <set>
#include <string_view>

namespace coqmp::detail {

namespace {

// Cannot begin a JSON object, which an argument may hold as well: a member's name is in quotes.
constexpr std::string_view opening = "{fd:";

/// The names in a text, one after the other.
class names_in
{
public:
    explicit names_in(std::string_view text) : text_(text) {}

    /// Finds the next one. @return false if there is none
    bool next()
    {
        begin_ = text_.find(opening, end_);
        std::size_t const close = begin_ == std::string_view::npos ? begin_ : text_.find('}', begin_);
        if (close == std::string_view::npos)
            return false;
        end_ = close + 1;
        return true;
    }

    [[nodiscard]] std::string name() const
    {
        std::size_t const begin = begin_ + opening.size();
        return std::string(text_.substr(begin, end_ - 1 - begin));
    }
    [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::size_t end() const noexcept { return end_; }

private:
    std::string_view text_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

std::string with_numbers(std::string const& argument, std::map<std::string, int> const& numbers)
{
    std::string result;
    std::size_t copied = 0;
    for (names_in names(argument); names.next(); copied = names.end()) {
        result.append(argument, copied, names.begin() - copied);
        result += std::to_string(numbers.at(names.name()));
    }
    return result.append(argument, copied);
}

}  // namespace

std::optional<std::string> why_names_do_not_match(launch_options const& options)
{
    std::set<std::string> used;
    for (std::string const& argument : options.arguments) {
        for (names_in names(argument); names.next();)
            used.insert(names.name());
    }
    for (std::string const& name : used) {
        if (!options.descriptors.contains(name))
            return "the arguments use {fd:" + name + "}, but there is no descriptor of that name";
    }
    for (auto const& [name, which] : options.descriptors) {
        if (!used.contains(name))
            return std::string("no argument uses the descriptor \"")
                .append(name)
                .append("\": write {fd:")
                .append(name)
                .append("} where its number belongs");
        if (which.number() < 0)
            return "the descriptor \"" + name + "\" is empty";
    }
    return std::nullopt;
}

void replace_descriptor_names(launch_options& options, int first)
{
    std::map<std::string, int> numbers;
    for (auto const& [name, which] : options.descriptors)
        numbers[name] = first++;
    for (std::string& argument : options.arguments)
        argument = with_numbers(argument, numbers);
}

}  // namespace coqmp::detail
