// The command line.
#include "options.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

using namespace qmp_shell;

namespace {

options read(std::vector<char const*> words)
{
    auto const result = read_command_line(static_cast<int>(words.size()), words.data());
    BOOST_REQUIRE(std::holds_alternative<options>(result));
    return std::get<options>(result);
}

int refused(std::vector<char const*> words)
{
    auto const result = read_command_line(static_cast<int>(words.size()), words.data());
    BOOST_REQUIRE(std::holds_alternative<int>(result));
    return std::get<int>(result);
}

using words = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(command_lines)

BOOST_AUTO_TEST_CASE(the_old_shells_options_mean_what_they_meant)
{
    options const all = read({"qmp-shell", "-H", "-N", "-v", "-p", "-l", "log", "/run/vm.sock"});
    BOOST_TEST(all.hmp);
    BOOST_TEST(all.skip_negotiation);
    BOOST_TEST(all.verbose);
    BOOST_TEST(all.pretty);
    BOOST_TEST(all.logfile == "log");
    BOOST_TEST(all.address == "/run/vm.sock");
    options const together = read({"qmp-shell", "-Hvp", "localhost:4444", "--logfile=log"});
    BOOST_TEST(together.pretty);
    BOOST_TEST(together.logfile == "log");
    BOOST_TEST(together.address == "localhost:4444");
}

BOOST_AUTO_TEST_CASE(what_follows_the_wrapped_program_belongs_to_it)
{
    options const wrapped = read({"qmp-shell", "-v", "--wrap", "-l", "log", "qemu", "-v", "--help", "-c", "x"});
    BOOST_TEST(wrapped.verbose);
    BOOST_TEST(wrapped.logfile == "log");
    BOOST_TEST(wrapped.commands.empty());
    BOOST_TEST(wrapped.program == words({"qemu", "-v", "--help", "-c", "x"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(dashes_divide_the_shells_options_from_the_program)
{
    options const wrapped = read({"qmp-shell", "--wrap", "--", "qemu", "--", "-x"});
    BOOST_TEST(wrapped.program == words({"qemu", "--", "-x"}), boost::test_tools::per_element());
    options const by_name = read({"/usr/bin/qmp-shell-wrap", "-p", "--", "qemu"});
    BOOST_TEST(by_name.pretty);
    BOOST_TEST((by_name.mode == connect_mode::wrap));
    BOOST_TEST(by_name.program == words({"qemu"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_command_may_look_like_an_option)
{
    options const read_one = read({"qmp-shell", "-c", "--oob query-yank", "-c", "query-status", "/sock"});
    BOOST_TEST(read_one.commands == words({"--oob query-yank", "query-status"}), boost::test_tools::per_element());
    options const attached = read({"qmp-shell", "--wrap", "-l/tmp/c", "-vpc", "x", "qemu"});
    BOOST_TEST(attached.logfile == "/tmp/c");
    BOOST_TEST(attached.program == words({"qemu"}), boost::test_tools::per_element());
    options const wrapped = read({"qmp-shell", "--wrap", "-c", "--wrap", "qemu"});
    BOOST_TEST(wrapped.commands == words({"--wrap"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_program_to_wrap_is_qemu_if_none_is_named)
{
    BOOST_TEST(read({"qmp-shell-wrap"}).program == words({"qemu-system-x86_64"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tools_have_words_of_their_own)
{
    options const get = read({"qmp-shell", "qom-get", "-s", "/sock", "/machine.type"});
    BOOST_TEST((get.tool == tool::get));
    BOOST_TEST(get.address == "/sock");
    BOOST_TEST(get.tool_arguments == words({"/machine.type"}), boost::test_tools::per_element());
    options const set = read({"qmp-shell", "qom-set", "--socket", "/sock", "/objects/x.size", "-5"});
    BOOST_TEST(set.tool_arguments == words({"/objects/x.size", "-5"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tools_take_an_address_as_everything_else_does)
{
    auto const is = [](options const& read, std::string const& address, words const& expected) {
        return read.address == address && read.tool_arguments == expected;
    };
    ::unsetenv("QMP_SOCKET");
    BOOST_TEST(is(read({"qmp-shell", "/sock", "qom-get", "/machine.type"}), "/sock", {"/machine.type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/sock", "/machine.type"}), "/sock", {"/machine.type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/sock", "/machine", "type"}), "/sock", {"/machine", "type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/machine", "type", "-s", "/sock"}), "/sock", {"/machine", "type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-list", "/sock"}), "/sock", {}));
    BOOST_TEST(is(read({"qmp-shell", "qom-tree", "/sock", "/objects"}), "/sock", {"/objects"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/sock", "/a.b", "-5"}), "/sock", {"/a.b", "-5"}));
    ::setenv("QMP_SOCKET", "/usual", 1);
    BOOST_TEST(is(read({"qmp-shell", "qom-list"}), "/usual", {}));
    BOOST_TEST(is(read({"qmp-shell", "qom-list", "/machine"}), "/usual", {"/machine"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-list", "/sock", "/machine"}), "/sock", {"/machine"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/machine", "type"}), "/usual", {"/machine", "type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/sock", "/machine.type"}), "/sock", {"/machine.type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/a.b", "/c"}), "/usual", {"/a.b", "/c"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/sock", "/a.b", "/c"}), "/sock", {"/a.b", "/c"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/a", "b", "c"}), "/usual", {"/a", "b", "c"}));
    BOOST_TEST(read({"qmp-shell"}).address == "/usual");
    BOOST_TEST(read({"qmp-shell", "/sock"}).address == "/sock");
    ::unsetenv("QMP_SOCKET");
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused)
{
    ::unsetenv("QMP_SOCKET");
    BOOST_TEST(refused({"qmp-shell"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--no-such-option"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--timeout", "soon", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--timeout", "nan", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--timeout", "-nan", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--listen", "/sock", "--wrap", "qemu"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "/sock", "--listen", "/other"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "qom-get", "-s", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "qom-list", "-s", "/sock", "/a", "/b"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "/sock", "--wrap", "qemu"}) == 2);
    for (char const* const address : {"::", "host:no-port", "tcp:x", "fd:x", "unix:"})
        BOOST_TEST(refused({"qmp-shell", address}) == 2);
}

BOOST_AUTO_TEST_SUITE_END()
