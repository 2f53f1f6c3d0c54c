// qmp-run's command line.
#include "options.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

using namespace qmp_run;
using namespace std::chrono_literals;

namespace {

/// Captures what is written to standard output or standard error while this object lives.
class captured
{
public:
    explicit captured(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
    captured(captured const&) = delete;
    captured& operator=(captured const&) = delete;
    ~captured() { stream_.rdbuf(before_); }

    [[nodiscard]] std::string text() const { return text_.str(); }

private:
    std::ostream& stream_;
    std::ostringstream text_;
    std::streambuf* before_;
};

std::variant<options, coqmp_daemon::exit_code> read(std::vector<char const*> words)
{
    words.insert(words.begin(), "qmp-run");
    return read_command_line(static_cast<int>(words.size()), words.data());
}

options accepted(std::vector<char const*> words)
{
    words.insert(words.end(), {"--", "qemu"});
    return std::get<options>(read(words));
}

/// The first line of the error message.
std::string refusal(std::vector<char const*> words, bool has_program = true)
{
    if (has_program)
        words.insert(words.end(), {"--", "qemu"});
    captured const errors(std::cerr);
    auto const result = read(words);
    auto const* const status = std::get_if<coqmp_daemon::exit_code>(&result);
    BOOST_REQUIRE(status != nullptr);
    BOOST_TEST((*status == coqmp_daemon::exit_code::usage));
    std::string const text = errors.text();
    return text.substr(0, text.find('\n'));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_options, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_program_is_enough)
{
    options const read = accepted({});
    BOOST_TEST(read.program.size() == 1U);
    BOOST_TEST((read.timeout == 75s));
    BOOST_TEST(!read.kill_silent);
    BOOST_TEST(read.heal_enospc);
    BOOST_TEST(read.hooks.empty());
    BOOST_TEST(read.name == "qemu");
}

BOOST_AUTO_TEST_CASE(the_guests_agent_has_an_address)
{
    BOOST_TEST(!accepted({}).agent.has_value());
    BOOST_TEST((accepted({"--agent", "/run/vm.agent"}).agent == coqmp::endpoint::unix_socket("/run/vm.agent")));
    BOOST_TEST(refusal({"--agent", "fd:3"}) ==
               "qmp-run: --agent fd:3: give the unix socket or the TCP port of a -chardev of QEMU");
}

BOOST_AUTO_TEST_CASE(all_options_are_read)
{
    options const read = accepted({"--name", "vm1", "--timeout=0s", "--kill-silent", "5min", "--heal-enospc", "off", "--hook",
                                   "/bin/a", "--hook", "/bin/b"});
    BOOST_TEST(read.name == "vm1");
    BOOST_TEST((read.timeout == 0s));
    BOOST_TEST((read.kill_silent == 5min));
    BOOST_TEST(!read.heal_enospc);
    BOOST_TEST(read.hooks.size() == 2U);
}

BOOST_AUTO_TEST_CASE(arguments_after_the_separator_belong_to_the_program)
{
    auto const result = read({"--", "qemu", "--timeout", "x", "--", "--help"});
    BOOST_TEST(std::get<options>(result).program.size() == 5U);
}

BOOST_AUTO_TEST_CASE(each_mistake_is_explained)
{
    BOOST_TEST(refusal({}, false) == "qmp-run: no program is given; write qmp-run [OPTIONS] -- qemu-system-x86_64 ARGUMENTS...");
    BOOST_TEST(refusal({"--timeout", "75"}) ==
               "qmp-run: --timeout needs a time from 0s to 24h with a unit (ms, s, min or h), such as 75s, not \"75\"");
    BOOST_TEST(refusal({"--kill-silent", "0s"}) ==
               "qmp-run: --kill-silent needs a time from 1s to 24h with a unit (ms, s, min or h), such as 75s, not \"0s\"");
    BOOST_TEST(refusal({"--heal-enospc", "yes"}) == "qmp-run: --heal-enospc must be on or off, not \"yes\"");
    BOOST_TEST(refusal({"--hook", "a"}) == "qmp-run: --hook a: give the absolute path of a program");
    BOOST_TEST(
        refusal({"--name", "a b"}) ==
        "qmp-run: --name \"a b\": a name has letters, digits, '.', '_' and '-', begins with a letter or a digit, and is not "
        "longer than 64 characters");
}

BOOST_AUTO_TEST_CASE(each_monitor_has_the_policy_that_is_written_after_it)
{
    options const read =
        accepted({"--monitor", "/run/a", "--monitor", "unix:/run/b", "--policy", "operator", "--monitor=127.0.0.1:4444"});
    BOOST_REQUIRE(read.monitors.size() == 3U);
    BOOST_TEST(read.monitors[0].policy.name() == "read-only");
    BOOST_TEST(read.monitors[1].policy.name() == "operator");
    BOOST_TEST((read.monitors[1].address == coqmp::endpoint::unix_socket("/run/b")));
    BOOST_TEST(read.monitors[2].policy.name() == "read-only");
    BOOST_TEST(refusal({"--policy", "all", "--monitor", "/run/a"}) ==
               "qmp-run: --policy all must come after the --monitor that it is for");
    BOOST_TEST(refusal({"--monitor", "/run/a", "--policy", "all", "--policy", "backup"}) ==
               "qmp-run: --policy backup must come after the --monitor that it is for");
    BOOST_TEST(refusal({"--monitor", "/run/a", "--policy", "everything"}) ==
               "qmp-run: --policy everything: there is no such policy; there are read-only, backup, operator, all");
    BOOST_TEST(refusal({"--monitor", "fd:4"}) ==
               "qmp-run: --monitor fd:4: clients can only connect to a unix socket or a TCP port");
}

BOOST_AUTO_TEST_CASE(a_machine_without_a_name_has_that_of_its_program)
{
    BOOST_TEST(std::get<options>(read({"--", "/usr/bin/qemu-system-x86_64"})).name == "qemu-system-x86_64");
    BOOST_TEST(std::get<options>(read({"--", "/opt/my qemu"})).name == "qemu");
}

BOOST_AUTO_TEST_CASE(help_names_the_exit_statuses)
{
    captured const output(std::cout);
    auto const result = read({"--help"});
    BOOST_TEST((std::get<coqmp_daemon::exit_code>(result) == coqmp_daemon::exit_code::success));
    BOOST_TEST(output.text().find("85 did not start") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
