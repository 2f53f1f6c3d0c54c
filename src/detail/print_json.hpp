// JSON as text, including numbers that a peer can send but Boost.JSON does not print as JSON.
#ifndef COQMP_SRC_DETAIL_PRINT_JSON_HPP
#define COQMP_SRC_DETAIL_PRINT_JSON_HPP

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace coqmp::detail {

/// One line of JSON. A number that was too large for a double is printed as 1e999 (or -1e999), which is read back as the same
/// value.
[[nodiscard]] std::string json_text(boost::json::value const& value);
/// The same for an object.
[[nodiscard]] std::string json_text(boost::json::object const& object);

}  // namespace coqmp::detail

#endif
