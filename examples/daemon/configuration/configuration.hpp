// Reads a daemon's configuration file.
#ifndef COQMP_DAEMON_CONFIGURATION_CONFIGURATION_HPP
#define COQMP_DAEMON_CONFIGURATION_CONFIGURATION_HPP

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/table_schema.hpp"
#include "daemon/configuration/toml_parser.hpp"
#include "daemon/configuration/trusted_file.hpp"

#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

namespace coqmp_daemon {

/// Reads settings from the text of a TOML file.
/// @param file its name, for messages
/// @param check looks for problems that concern several settings (see `located`); called only if each of them is right
/// @throws configuration_error with all problems
template <class Settings>
[[nodiscard]] Settings parse_configuration(std::string_view text, std::string const& file, table_schema<Settings> const& schema,
                                           std::function<void(Settings const&, problem_list&)> const& check = {})
{
    problem_list problems(file);
    toml_table const table = parse_toml(text, problems);
    problems.throw_if_any();
    Settings result{};
    schema.read(table, {}, {}, result, problems);
    if (check && problems.empty())
        check(result, problems);
    problems.throw_if_any();
    return result;
}

/// Reads settings from a TOML file that no other user can change (see read_trusted_file()). It blocks for as long as the file
/// system does.
/// @throws configuration_error with all problems, or why the file is not read
template <class Settings>
[[nodiscard]] Settings read_configuration(std::string const& path, table_schema<Settings> const& schema,
                                          std::function<void(Settings const&, problem_list&)> const& check = {})
{
    return parse_configuration(read_trusted_file(path, ::geteuid()), path, schema, check);
}

}  // namespace coqmp_daemon

#endif
