// The schema of a fake QEMU that was given none.
#ifndef COQMP_SRC_TESTING_SMALL_SCHEMA_HPP
#define COQMP_SRC_TESTING_SMALL_SCHEMA_HPP

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace coqmp::testing::detail {

/// What `query-qmp-schema` returns.
/// @param commands that the fake QEMU answers; those that the test has added have no arguments here, and return anything
[[nodiscard]] boost::json::array small_schema(std::vector<std::string> const& commands);

}  // namespace coqmp::testing::detail

#endif
