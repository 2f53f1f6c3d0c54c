#include "language/schema.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_CASE(a_default_schema_is_empty)
{
    BOOST_TEST(qmp_shell::schema().empty());
}
