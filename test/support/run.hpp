// Runs a test that is written as a coroutine.
// Invariant: at the end of a test everything that it started has completed.
#ifndef COQMP_TEST_SUPPORT_RUN_HPP
#define COQMP_TEST_SUPPORT_RUN_HPP

#include <coqmp/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <ostream>

namespace coqmp {

inline std::ostream& boost_test_print_type(std::ostream& out, errc value)
{
    return out << make_error_code(value).message();
}

}  // namespace coqmp

namespace coqmp::test {

/// Far longer than any test takes; it only ends a test that hangs.
inline constexpr std::chrono::seconds time_limit{100};

/// Runs the body of a test to its end, and then the context until it has no work left.
inline void run(boost::asio::awaitable<void> body)
{
    boost::asio::io_context context(1);
    bool ended = false;
    boost::asio::co_spawn(context, std::move(body), [&ended](std::exception_ptr failure) {
        ended = true;
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run_for(time_limit);
    BOOST_TEST(ended, "the test's body hangs");
    BOOST_TEST(context.stopped(), "something that the test started has not ended");
}

}  // namespace coqmp::test

/// A test case whose body is a coroutine.
#define COROUTINE_TEST_CASE(name)                  \
    static boost::asio::awaitable<void> name##_(); \
    BOOST_AUTO_TEST_CASE(name)                     \
    {                                              \
        coqmp::test::run(name##_());               \
    }                                              \
    static boost::asio::awaitable<void> name##_()

#endif
