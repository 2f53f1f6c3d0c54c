// Reads what `query-qmp-schema` returns.
#ifndef COQMP_SRC_SCHEMA_SCHEMA_READER_HPP
#define COQMP_SRC_SCHEMA_SCHEMA_READER_HPP

#include "schema/schema_tables.hpp"

#include <boost/json/value.hpp>

#include <cstddef>

namespace coqmp::detail {

/// Limits that QEMU's schemas stay far below: 10.0 has 5,000 entries with 80,000 characters.
inline constexpr std::size_t most_schema_entries = 100'000;
inline constexpr std::size_t most_schema_characters = 4'000'000;

/// What makes no sense is left out: entries and members without a name, names that are not printable ASCII, unknown kinds. A type
/// that is missing is unknown.
/// @throws unexpected_value: it is not an array, or over a limit
[[nodiscard]] schema_tables read_schema(boost::json::value const& returned);

}  // namespace coqmp::detail

#endif
