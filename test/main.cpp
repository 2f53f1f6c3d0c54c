// Boost.Test's main function, shared by all test programs.
#define BOOST_TEST_MODULE coqmp
#include <boost/test/unit_test.hpp>
