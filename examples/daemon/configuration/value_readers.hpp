// The types of settings.
#ifndef COQMP_DAEMON_CONFIGURATION_VALUE_READERS_HPP
#define COQMP_DAEMON_CONFIGURATION_VALUE_READERS_HPP

#include "daemon/configuration/setting.hpp"

#include <sys/types.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coqmp_daemon {

/// Any string but an empty one.
[[nodiscard]] value_reader<std::string> text();

/// A list of strings, none of them empty.
[[nodiscard]] value_reader<std::vector<std::string>> text_list();

/// `true` or `false`.
[[nodiscard]] value_reader<bool> boolean();

/// A time with its unit, `"500ms"`, `"75s"`, `"5min"` or `"2h"`, from `least` to `most`.
[[nodiscard]] value_reader<std::chrono::milliseconds> duration(
    std::chrono::milliseconds least = std::chrono::milliseconds::zero(),
    std::chrono::milliseconds most = std::chrono::hours(24 * 365));

/// A number of bytes with its unit, `"16KiB"`, `"2MiB"` or `"1GiB"`, or as an integer, from `least` to `most`.
[[nodiscard]] value_reader<std::uint64_t> byte_count(std::uint64_t least = 0,
                                                     std::uint64_t most = std::numeric_limits<std::int64_t>::max());

/// The permissions of a file or a socket, in octal digits: `"0660"`. TOML's integers cannot begin with a zero, and 660 is another
/// mode than 0660, so it is a string.
[[nodiscard]] value_reader<::mode_t> file_mode();

/// A user's name or number; a name must exist on this host.
[[nodiscard]] value_reader<::uid_t> user();

/// A group's name or number; a name must exist on this host.
[[nodiscard]] value_reader<::gid_t> group();

/// For integer() and one_of().
[[nodiscard]] std::optional<std::int64_t> read_integer(setting const& read, std::int64_t least, std::int64_t most,
                                                       problem_list& problems);
[[nodiscard]] std::optional<std::size_t> read_choice(setting const& read, std::vector<std::string> const& names,
                                                     problem_list& problems);

/// An integer from `least` to `most`.
template <std::integral Value>
[[nodiscard]] value_reader<Value> integer(Value least, Value most)
{
    return [least, most](setting const& read, problem_list& problems) -> std::optional<Value> {
        auto const value = read_integer(read, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), problems);
        return value ? std::optional(static_cast<Value>(*value)) : std::nullopt;
    };
}

/// One of several names, each with what it means.
template <class Value>
[[nodiscard]] value_reader<Value> one_of(std::vector<std::pair<std::string, Value>> const& choices)
{
    std::vector<std::string> names;
    std::vector<Value> values;
    for (auto const& [name, value] : choices) {
        names.push_back(name);
        values.push_back(value);
    }
    return [names, values](setting const& read, problem_list& problems) -> std::optional<Value> {
        auto const index = read_choice(read, names, problems);
        return index ? std::optional<Value>(values[*index]) : std::nullopt;
    };
}

}  // namespace coqmp_daemon

#endif
