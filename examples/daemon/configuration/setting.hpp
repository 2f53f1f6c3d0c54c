// One setting of a configuration file, while it is read.
#ifndef COQMP_DAEMON_CONFIGURATION_SETTING_HPP
#define COQMP_DAEMON_CONFIGURATION_SETTING_HPP

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/toml_value.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp_daemon {

/// A key and its value.
struct setting
{
    std::string path;        ///< with the tables it is in, such as `listen.mode`
    file_position position;  ///< the key's
    toml_value const& value;
};

/// Reads a value as one of a program's types.
/// @return nothing: it has the wrong type or is out of range, and the problems say so
template <class Value>
using value_reader = std::function<std::optional<Value>(setting const&, problem_list&)>;

/// A setting that remembers its place, for a check that is made when all has been read, such as whether another table exists.
template <class Value>
struct located
{
    Value value{};
    file_position position;  ///< the value's
};

/// Adds `PATH: expected WHAT, found VALUE`.
void add_wrong_value(setting const& read, std::string_view expected, problem_list& problems);

/// Adds `unknown key "KEY"`, with what may have been meant.
/// @param table its path; empty: the file's top table
void add_unknown_key(toml_entry const& entry, std::string_view table, std::vector<std::string> const& known,
                     problem_list& problems);

/// Adds `the table needs the key "KEY"`.
void add_missing_key(std::string_view key, std::string_view table, file_position position, problem_list& problems);

/// @param table its path; empty: the file's top table
[[nodiscard]] std::string path_in(std::string_view table, std::string_view key);

}  // namespace coqmp_daemon

#endif
