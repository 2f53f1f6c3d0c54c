// Integers as people write them: decimal, hexadecimal, and sizes such as 10G, 1.5G or 300MiB.
#ifndef QMP_SHELL_LANGUAGE_READ_INTEGER_HPP
#define QMP_SHELL_LANGUAGE_READ_INTEGER_HPP

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace qmp_shell {

/// Why a text is not an integer.
enum class integer_problem {
    no_integer,  ///< it is something else
    too_large,   ///< it does not fit into 64 bits
    not_whole,   ///< a fraction is left, as of 1.3K
    ambiguous    ///< of `GB` and the like some mean powers of 1,000, and some of 1,024
};

/// Decimal, 0x hexadecimal; with K, M, G, T, P, E, multiples of powers of 1,024 (in lower case too but for the E, and with `iB`),
/// of which there may be a fraction.
[[nodiscard]] std::variant<boost::json::value, integer_problem> read_integer(std::string_view text);

/// What is expected instead of a text that is not an integer: `an integer, as 10 ...`.
[[nodiscard]] std::string wanted_integer(std::string_view text);

}  // namespace qmp_shell

#endif
