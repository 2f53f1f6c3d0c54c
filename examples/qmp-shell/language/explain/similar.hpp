// What is like a mistyped name.
#ifndef QMP_SHELL_LANGUAGE_EXPLAIN_SIMILAR_HPP
#define QMP_SHELL_LANGUAGE_EXPLAIN_SIMILAR_HPP

#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// Those of the names that resemble one that does not exist, best first, at most five.
[[nodiscard]] std::vector<std::string> similar_to(std::string_view name, std::vector<std::string> const& names);

/// `did you mean a, b or c?` @return empty: there is nothing to suggest
[[nodiscard]] std::string did_you_mean(std::vector<std::string> const& suggestions);

}  // namespace qmp_shell

#endif
