// The end of what a program has written, for the text of an error.
#ifndef COQMP_SRC_PROCESS_LAST_LINES_HPP
#define COQMP_SRC_PROCESS_LAST_LINES_HPP

#include <string>
#include <string_view>

namespace coqmp::detail {

/// The last ten lines, without the last line end. Empty if there are only line ends and spaces.
[[nodiscard]] std::string last_lines(std::string_view text);

}  // namespace coqmp::detail

#endif
