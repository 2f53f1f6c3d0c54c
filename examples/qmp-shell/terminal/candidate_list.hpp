// What could stand at the cursor, as people read it.
#ifndef QMP_SHELL_TERMINAL_CANDIDATE_LIST_HPP
#define QMP_SHELL_TERMINAL_CANDIDATE_LIST_HPP

#include "language/complete/completion.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// The longest text that all begin with.
[[nodiscard]] std::string common_beginning(std::vector<candidate> const& candidates);

/// Few with their descriptions, one in each line; many in columns.
/// @param word what is there already: of paths only what comes after its last slash is shown
/// @return empty: there are too many for the screen
[[nodiscard]] std::string listing(std::vector<candidate> const& candidates, std::string_view word, std::size_t width,
                                  std::size_t height);

/// All of them in columns, however many lines that takes.
[[nodiscard]] std::string whole_listing(std::vector<candidate> const& candidates, std::string_view word, std::size_t width);

}  // namespace qmp_shell

#endif
