// A small QEMU: a few commands of each kind, in the words of query-qmp-schema.
#ifndef QMP_SHELL_TEST_SAMPLE_SCHEMA_HPP
#define QMP_SHELL_TEST_SAMPLE_SCHEMA_HPP

#include "language/schema.hpp"

#include <boost/json/value.hpp>

namespace qmp_shell::test {

[[nodiscard]] boost::json::value sample_reply();
[[nodiscard]] schema const& sample_schema();

}  // namespace qmp_shell::test

#endif
