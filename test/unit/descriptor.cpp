// Descriptors are closed once, by their last owner.
#include <coqmp/descriptor.hpp>

#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

using coqmp::descriptor;

namespace {

int open_null()
{
    int const number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    BOOST_TEST_REQUIRE(number >= 0);
    return number;
}

bool is_open(int number)
{
    return ::fcntl(number, F_GETFD) >= 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(descriptor_suite)

BOOST_AUTO_TEST_CASE(a_descriptor_is_closed_with_its_object)
{
    int const number = open_null();
    {
        descriptor const owner(number);
        BOOST_TEST(owner.number() == number);
        BOOST_TEST(is_open(number));
    }
    BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(the_last_copy_closes)
{
    int const number = open_null();
    std::optional<descriptor> first(std::in_place, number);
    std::optional<descriptor> second(first);
    BOOST_TEST(second->number() == number);
    first.reset();
    BOOST_TEST(is_open(number));
    second.reset();
    BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(assignment_closes_what_was_owned)
{
    int const first = open_null();
    int const second = open_null();
    descriptor owner(first);
    owner = descriptor(second);
    BOOST_TEST(!is_open(first));
    BOOST_TEST(owner.number() == second);
    BOOST_TEST(is_open(second));
}

BOOST_AUTO_TEST_CASE(a_moved_object_is_empty)
{
    descriptor first(open_null());
    descriptor const second(std::move(first));
    BOOST_TEST(first.number() == -1);
    BOOST_TEST(is_open(second.number()));
}

BOOST_AUTO_TEST_CASE(a_negative_number_is_an_empty_object)
{
    BOOST_TEST(descriptor(-1).number() == -1);
    BOOST_TEST(descriptor(-100).number() == -1);
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_another_number_of_the_same_file_that_children_do_not_inherit)
{
    int const number = open_null();
    int copied = -1;
    {
        descriptor const copy = descriptor::duplicate(number);
        copied = copy.number();
        BOOST_TEST(copied != number);
        BOOST_TEST((::fcntl(copied, F_GETFD) & FD_CLOEXEC) != 0);
        struct stat one = {};
        struct stat other = {};
        BOOST_TEST(::fstat(number, &one) == 0);
        BOOST_TEST(::fstat(copied, &other) == 0);
        BOOST_TEST(one.st_ino == other.st_ino);
    }
    BOOST_TEST(!is_open(copied));
    BOOST_TEST(is_open(number));
    ::close(number);
}

BOOST_AUTO_TEST_CASE(what_is_not_open_cannot_be_duplicated)
{
    for (int number : {-1, 1 << 30})
        BOOST_CHECK_EXCEPTION((void)descriptor::duplicate(number), boost::system::system_error,
                              [](boost::system::system_error const& error) { return error.code().value() == EBADF; });
}

BOOST_AUTO_TEST_SUITE_END()
