// Names that resemble a mistyped one.
#ifndef COQMP_SIMILAR_NAMES_HPP
#define COQMP_SIMILAR_NAMES_HPP

#include <string>
#include <string_view>
#include <vector>

namespace coqmp {

/// Those of the names that resemble one that does not exist, best first, at most five. Upper and lower case do not matter.
/// @param name what was written; a text that is too long for a name resembles nothing
/// @param names what exists; the first 20,000 are looked at
/// @see examples/qmp-shell/language/read/wait_line.cpp
[[nodiscard]] std::vector<std::string> similar_names(std::string_view name, std::vector<std::string> const& names);

/// `did you mean a, b or c?` @return empty: there is nothing to suggest
/// @see examples/qmp-shell/language/read/wait_line.cpp
[[nodiscard]] std::string did_you_mean(std::vector<std::string> const& suggestions);

}  // namespace coqmp

#endif
