// A value in braces that is still being typed: where in it the cursor is.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_PARTIAL_VALUE_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_PARTIAL_VALUE_HPP

#include "language/read/argument.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// What is to be completed at the end of a text such as `{"driver": "qco`.
struct partial_value
{
    bool is_name = false;           ///< of a member; else it is a value
    std::vector<std::string> path;  ///< to the value, or to the object whose member it is: names, and numbers of items
    std::size_t begin = 0;          ///< offset of what is there of it, with its quote
    std::string prefix;             ///< what is there of it, without its quote
    char quote = '\0';              ///< the open quote
};

/// @param text begins with a brace or a bracket
/// @param given gets what was read, as if it had been typed as `a.b=value`
/// @return nothing: it is closed, makes no sense, or nothing can be completed there
[[nodiscard]] std::optional<partial_value> read_partial_value(std::string_view text, argument_node& given);

}  // namespace qmp_shell

#endif
