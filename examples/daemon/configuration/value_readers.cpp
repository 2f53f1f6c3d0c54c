#include "daemon/configuration/value_readers.hpp"

#include <coqmp/similar_names.hpp>

#include "daemon/configuration/account_names.hpp"
#include "daemon/printable_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

namespace coqmp_daemon {

namespace {

struct unit
{
    std::string_view name;
    std::uint64_t size;
};

constexpr std::array time_units = {unit{"ms", 1}, unit{"s", 1000}, unit{"min", 60'000}, unit{"h", 3'600'000}};
constexpr std::array byte_units = {unit{"B", 1}, unit{"KiB", 1 << 10}, unit{"MiB", 1 << 20}, unit{"GiB", 1 << 30},
                                   unit{"TiB", std::uint64_t(1) << 40}};

/// A whole number and its unit. @return nothing: it is something else, or too large
template <std::size_t Count>
std::optional<std::uint64_t> with_unit(std::string_view text, std::array<unit, Count> const& units)
{
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view const rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    auto const found = std::ranges::find(units, rest, &unit::name);
    if (error != std::errc() || found == units.end() || number > std::numeric_limits<std::uint64_t>::max() / found->size)
        return std::nullopt;
    return number * found->size;
}

/// In the largest unit that needs no fraction.
template <std::size_t Count>
std::string in_units(std::uint64_t value, std::array<unit, Count> const& units)
{
    unit chosen = units.front();
    for (unit const& each : units)
        if (value != 0 && value % each.size == 0)
            chosen = each;
    return std::to_string(value / chosen.size) + std::string(chosen.name);
}

std::uint64_t count_of(std::chrono::milliseconds time)
{
    return static_cast<std::uint64_t>(time.count());
}

std::string_view text_of(setting const& read)
{
    auto const* const text = std::get_if<std::string>(&read.value.content);
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

/// For a user's or a group's name or number. @param find a function of account_names.hpp
template <class Id>
value_reader<Id> account(std::string kind, std::optional<Id> (*find)(std::string const&))
{
    return [kind = std::move(kind), find](setting const& read, problem_list& problems) -> std::optional<Id> {
        constexpr std::int64_t largest =
            std::numeric_limits<Id>::max() - std::int64_t(1);  // the last one means "no change" to chown()
        auto const* const number = std::get_if<std::int64_t>(&read.value.content);
        if (number != nullptr && *number >= 0 && *number <= largest)
            return static_cast<Id>(*number);
        std::string const name(text_of(read));
        if (name.empty())
            add_wrong_value(read, "the name or the number of a " + kind, problems);
        else if (auto const found = find(name))
            return found;
        else
            problems.add(read.value.position, read.path + ": this host has no " + kind + " \"" + printable(name, 60) + '"');
        return std::nullopt;
    };
}

}  // namespace

value_reader<std::string> text()
{
    return [](setting const& read, problem_list& problems) -> std::optional<std::string> {
        std::string_view const value = text_of(read);
        if (!value.empty())
            return std::string(value);
        add_wrong_value(read, "a string in quotes that is not empty", problems);
        return std::nullopt;
    };
}

value_reader<std::vector<std::string>> text_list()
{
    return [](setting const& read, problem_list& problems) -> std::optional<std::vector<std::string>> {
        auto const* const list = std::get_if<toml_list>(&read.value.content);
        if (list == nullptr) {
            add_wrong_value(read, "a list of strings", problems);
            return std::nullopt;
        }
        std::vector<std::string> result;
        for (toml_value const& each : *list)
            if (auto value = text()({read.path, each.position, each}, problems))
                result.push_back(std::move(*value));
        return result;
    };
}

value_reader<bool> boolean()
{
    return [](setting const& read, problem_list& problems) -> std::optional<bool> {
        if (auto const* const value = std::get_if<bool>(&read.value.content))
            return *value;
        add_wrong_value(read, "true or false, without quotes", problems);
        return std::nullopt;
    };
}

value_reader<std::chrono::milliseconds> duration(std::chrono::milliseconds least, std::chrono::milliseconds most)
{
    return [least, most](setting const& read, problem_list& problems) -> std::optional<std::chrono::milliseconds> {
        auto const value = with_unit(text_of(read), time_units);
        if (value && *value >= count_of(least) && *value <= count_of(most))
            return std::chrono::milliseconds(*value);
        std::string expected = R"(a duration in ms, s, min or h, such as "75s")";
        if (value)
            expected = "a duration from " + in_units(count_of(least), time_units) + " to " + in_units(count_of(most), time_units);
        add_wrong_value(read, expected, problems);
        return std::nullopt;
    };
}

value_reader<std::uint64_t> byte_count(std::uint64_t least, std::uint64_t most)
{
    return [least, most](setting const& read, problem_list& problems) -> std::optional<std::uint64_t> {
        auto value = with_unit(text_of(read), byte_units);
        auto const* const number = std::get_if<std::int64_t>(&read.value.content);
        if (number != nullptr && *number >= 0)
            value = static_cast<std::uint64_t>(*number);
        if (value && *value >= least && *value <= most)
            return value;
        std::string expected = R"(a size in B, KiB, MiB, GiB or TiB, such as "16MiB")";
        if (value)
            expected = "a size from " + in_units(least, byte_units) + " to " + in_units(most, byte_units);
        add_wrong_value(read, expected, problems);
        return std::nullopt;
    };
}

value_reader<::mode_t> file_mode()
{
    return [](setting const& read, problem_list& problems) -> std::optional<::mode_t> {
        constexpr ::mode_t largest = 0777;
        std::string_view const text = text_of(read);
        ::mode_t value = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
        if (!text.empty() && error == std::errc() && end == text.data() + text.size() && value <= largest)
            return value;
        add_wrong_value(read, R"(permissions in octal digits and in quotes, such as "0660")", problems);
        return std::nullopt;
    };
}

value_reader<::uid_t> user()
{
    return account<::uid_t>("user", find_user);
}

value_reader<::gid_t> group()
{
    return account<::gid_t>("group", find_group);
}

std::optional<std::int64_t> read_integer(setting const& read, std::int64_t least, std::int64_t most, problem_list& problems)
{
    auto const* const value = std::get_if<std::int64_t>(&read.value.content);
    if (value != nullptr && *value >= least && *value <= most)
        return *value;
    add_wrong_value(read, "an integer from " + std::to_string(least) + " to " + std::to_string(most), problems);
    return std::nullopt;
}

std::optional<std::size_t> read_choice(setting const& read, std::vector<std::string> const& names, problem_list& problems)
{
    std::string_view const value = text_of(read);
    if (auto const found = std::ranges::find(names, value); found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    std::string expected;
    for (std::string const& each : names)
        expected.append(&each == &names.front() ? "\"" : &each == &names.back() ? " or \"" : ", \"").append(each).append("\"");
    std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(value, names));
    if (suggestion.empty())
        add_wrong_value(read, expected, problems);
    else
        problems.add(read.value.position, read.path + ": unknown value \"" + printable(value, 60) + "\": " + suggestion);
    return std::nullopt;
}

}  // namespace coqmp_daemon
