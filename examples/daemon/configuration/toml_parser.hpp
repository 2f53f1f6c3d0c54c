// Parses TOML. Only its source knows toml++, whose header takes longer to compile than everything else here together.
#ifndef COQMP_DAEMON_CONFIGURATION_TOML_PARSER_HPP
#define COQMP_DAEMON_CONFIGURATION_TOML_PARSER_HPP

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/toml_value.hpp"

#include <string_view>

namespace coqmp_daemon {

/// @param problems receives the first syntax error; the parser cannot continue after one
/// @return the file's top table; empty after a syntax error
[[nodiscard]] toml_table parse_toml(std::string_view text, problem_list& problems);

}  // namespace coqmp_daemon

#endif
