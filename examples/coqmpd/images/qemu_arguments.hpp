// QEMU's command line, as far as it concerns images: its options, and the `key=value` lists in them.
#ifndef COQMPD_IMAGES_QEMU_ARGUMENTS_HPP
#define COQMPD_IMAGES_QEMU_ARGUMENTS_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmpd {

struct qemu_option
{
    std::string name;  ///< Without dashes. Empty: not an option, but an argument that QEMU takes for its first disk.
    std::string value;
    std::size_t place = 0;  ///< The index of the argument that has the value, or of the option if it has none.
};

/// An option that QEMU does not have counts as one with a value.
[[nodiscard]] std::vector<qemu_option> split_arguments(std::vector<std::string> const& arguments);

/// `file=a,,b,readonly=on,snapshot`: two commas stand for one, and a key without a value is `on`. Keys may repeat.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> split_option_list(std::string_view text);

}  // namespace coqmpd

#endif
