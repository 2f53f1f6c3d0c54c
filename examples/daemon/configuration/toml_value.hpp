// The contents of a configuration file, each value with its place in the file.
#ifndef COQMP_DAEMON_CONFIGURATION_TOML_VALUE_HPP
#define COQMP_DAEMON_CONFIGURATION_TOML_VALUE_HPP

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace coqmp_daemon {

/// A place in a file. Lines and columns count from 1, as in editors; a column is a character.
struct file_position
{
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend auto operator<=>(file_position const&, file_position const&) = default;
};

struct toml_value;
struct toml_entry;
using toml_list = std::vector<toml_value>;

/// A table's entries, in the order of the file.
struct toml_table
{
    std::vector<toml_entry> entries;
};

/// A date, a time, or both. No setting of ours is one.
struct toml_time
{
};

struct toml_value
{
    std::variant<std::string, std::int64_t, double, bool, toml_time, toml_list, toml_table> content;
    file_position position;
};

struct toml_entry
{
    std::string key;
    file_position position;  ///< the key's
    toml_value value;
};

}  // namespace coqmp_daemon

#endif
