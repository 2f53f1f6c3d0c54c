// The descriptors that a service manager passes on. They begin with number 3, so a process of its own has them.
#include "daemon/passed_descriptors.hpp"

#include <coqmp/descriptor_store.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

using coqmp_daemon::take_passed_descriptors;

namespace {

/// The exit status of a process that does this.
int status_of_child(std::function<bool()> const& succeeds)
{
    ::pid_t const child = ::fork();
    if (child == 0)
        ::_exit(succeeds() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void pass(std::string const& process, std::string const& count, std::string const& names)
{
    ::setenv("LISTEN_PID", process.c_str(), 1);
    ::setenv("LISTEN_FDS", count.c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
    int const null = ::open("/dev/null", O_RDONLY);
    for (int number = 3; number < 6; ++number)
        ::dup2(null, number);
}

bool variables_are_gone()
{
    return ::getenv("LISTEN_PID") == nullptr && ::getenv("LISTEN_FDS") == nullptr && ::getenv("LISTEN_FDNAMES") == nullptr;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passed_descriptors, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(each_has_its_name_and_no_child_inherits_it)
{
    BOOST_TEST(status_of_child([] {
                   pass(std::to_string(::getpid()), "3", "one:coqmp-monitor/vm/1/2/oob:stored");
                   auto const passed = take_passed_descriptors();
                   bool holds = passed.size() == 3 && passed[0].name == "one" && passed[1].name == "coqmp-monitor/vm/1/2/oob" &&
                                passed[2].name == "stored" && variables_are_gone();
                   for (auto const& each : passed)
                       holds = holds && (::fcntl(each.which.number(), F_GETFD) & FD_CLOEXEC) != 0;
                   return holds && passed[1].which.number() == 4;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(names_may_be_missing)
{
    BOOST_TEST(status_of_child([] {
                   pass(std::to_string(::getpid()), "2", "one");
                   auto const passed = take_passed_descriptors();
                   return passed.size() == 2 && passed[0].name == "one" && passed[1].name.empty();
               }) == 0);
}

BOOST_AUTO_TEST_CASE(those_of_another_process_are_left_alone)
{
    BOOST_TEST(status_of_child([] {
                   pass("1", "3", "a:b:c");
                   return take_passed_descriptors().empty() && variables_are_gone() && ::fcntl(3, F_GETFD) == 0;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(there_are_none_without_a_service_manager)
{
    BOOST_TEST(status_of_child([] { return take_passed_descriptors().empty(); }) == 0);
    BOOST_TEST(status_of_child([] {
                   pass(std::to_string(::getpid()), "-3", "a:b:c");
                   return take_passed_descriptors().empty();
               }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
