// A small QEMU: a few commands of each kind, in the words of query-qmp-schema.
#ifndef COQMP_TEST_SUPPORT_SAMPLE_SCHEMA_HPP
#define COQMP_TEST_SUPPORT_SAMPLE_SCHEMA_HPP

#include <coqmp/schema.hpp>

#include <boost/json/value.hpp>

namespace coqmp::test {

[[nodiscard]] boost::json::value sample_reply();
[[nodiscard]] schema const& sample_schema();

/// Asks a schema everything that can be asked.
void walk_through(schema const& known);

}  // namespace coqmp::test

#endif
