// The main function of every test program: Boost.Test's own.
#define BOOST_TEST_MODULE coqmp
#include <boost/test/unit_test.hpp>
