// What the supervisor gets for a machine's file.
#include "supervision/launch_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

using namespace coqmpd;
using namespace std::chrono_literals;

namespace {

machine_file parse(std::string const& text)
{
    return parse_machine_file("arguments = ['-S', '-m', '64']\n" + text, "vm.toml");
}

inheritance inherited()
{
    inheritance result;
    result.environment = {"PATH=/bin", "NOTIFY_SOCKET=/run/n", "STATE_DIRECTORY=/var/lib/coqmp",
                          "CONFIGURATION_DIRECTORY=/etc/coqmp/machines", "LANG=C"};
    result.most_open_files = 65536;
    return result;
}

coqmp::machine_spec spec(std::string const& text)
{
    return spec_for(parse(text), "/cgroup/vm", inherited());
}

std::optional<coqmp::resource_limit> limit(coqmp::machine_spec const& from, int resource)
{
    auto const found = std::ranges::find(from.limits, resource, &coqmp::resource_limit::resource);
    if (found == from.limits.end())
        return std::nullopt;
    return *found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(launch_plans, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_machine_outlives_the_daemon)
{
    coqmp::machine_spec const found = spec("");
    BOOST_TEST(found.outlives_us);
    BOOST_TEST(found.release_when_destroyed);
    BOOST_TEST(found.own_session);
    BOOST_TEST(!found.parent_death_signal.has_value());
}

BOOST_AUTO_TEST_CASE(the_file_names_the_process)
{
    coqmp::machine_spec const found = spec("program = '/bin/qemu'\nworking_directory = '/srv'\nuser = 0\ngroup = 0");
    BOOST_TEST(found.program == "/bin/qemu");
    std::vector<std::string> const arguments{"-S", "-m", "64"};
    BOOST_TEST(found.arguments == arguments, boost::test_tools::per_element());
    BOOST_TEST(found.working_directory == "/srv");
    BOOST_TEST(found.user == "0");
    BOOST_TEST(found.group == "0");
    BOOST_TEST(found.cgroup == "/cgroup/vm");
}

BOOST_AUTO_TEST_CASE(a_user_that_was_looked_up_is_a_number)
{
    machine_file file = parse("user = 'root'");
    file.account.emplace();
    file.account->user = 12345;
    file.account->group = 54321;
    file.account->supplementary_groups = {54321, 7};
    coqmp::machine_spec const found = spec_for(file, "", inherited());
    BOOST_TEST(found.user == "+12345");
    BOOST_TEST(found.group == "+54321");
    std::vector<std::string> const groups{"+54321", "+7"};
    BOOST_TEST(found.supplementary_groups == groups, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(qemu_cannot_send_messages_of_any_size)
{
    BOOST_TEST(spec("").session.max_message_size == std::size_t{16} << 20);
    BOOST_TEST(session_for_qemu().max_message_size == std::size_t{16} << 20);
}

BOOST_AUTO_TEST_CASE(qemu_does_not_inherit_the_service_managers_variables)
{
    std::vector<std::string> const expected{"PATH=/bin", "LANG=de", "A=b=c"};
    BOOST_TEST(spec("environment = ['LANG=de', 'A=b=c']").environment.value() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(qemu_gets_the_usual_limit_of_open_files_and_may_raise_it)
{
    auto const usual = limit(spec(""), RLIMIT_NOFILE);
    BOOST_REQUIRE(usual.has_value());
    BOOST_TEST(usual->soft == 1024U);
    BOOST_TEST(usual->hard == 65536U);
    auto const wanted = limit(spec("[limits]\nopen_files = 4096"), RLIMIT_NOFILE);
    BOOST_REQUIRE(wanted.has_value());
    BOOST_TEST(wanted->soft == 4096U);
    BOOST_TEST(wanted->hard == 4096U);
}

BOOST_AUTO_TEST_CASE(other_limits_are_set_only_if_the_file_names_them)
{
    BOOST_TEST(!limit(spec(""), RLIMIT_CORE).has_value());
    BOOST_TEST(!limit(spec(""), RLIMIT_MEMLOCK).has_value());
    auto const found = spec("[limits]\ncore = 0\nlocked_memory = '1GiB'");
    BOOST_TEST(limit(found, RLIMIT_CORE).value().hard == 0U);
    BOOST_TEST(limit(found, RLIMIT_MEMLOCK).value().soft == ::rlim_t{1} << 30);
}

BOOST_AUTO_TEST_CASE(an_empty_file_gives_the_supervisors_own_policy)
{
    coqmp::supervision_policy const expected;
    coqmp::supervision_policy const found = policy_for(parse(""));
    BOOST_TEST((found.restart == expected.restart));
    BOOST_TEST(found.relaunch_after_reboot == expected.relaunch_after_reboot);
    BOOST_TEST(found.most_restarts == expected.most_restarts);
    BOOST_TEST((found.restart_window == expected.restart_window));
    BOOST_TEST((found.backoff == expected.backoff));
    BOOST_TEST((found.longest_backoff == expected.longest_backoff));
    BOOST_TEST(found.most_reboots == expected.most_reboots);
    BOOST_TEST((found.reboot_window == expected.reboot_window));
    BOOST_TEST((found.on_boot_loop == expected.on_boot_loop));
    BOOST_TEST((found.on_panic == expected.on_panic));
    BOOST_TEST(found.dumps_after_panic == expected.dumps_after_panic);
    BOOST_TEST(found.dump_directory == expected.dump_directory);
    BOOST_TEST(found.largest_dump == expected.largest_dump);
    BOOST_TEST(found.most_dumps == expected.most_dumps);
    BOOST_TEST((found.dump_time == expected.dump_time));
    BOOST_TEST(found.heals_no_space == expected.heals_no_space);
    BOOST_TEST((found.probe_interval == expected.probe_interval));
    BOOST_TEST((found.probe_time == expected.probe_time));
    BOOST_TEST((found.kill_silent_after == expected.kill_silent_after));
    BOOST_TEST((found.shutdown.budget == expected.shutdown.budget));
    BOOST_TEST((found.shutdown.ask_guest == expected.shutdown.ask_guest));
    BOOST_TEST((found.shutdown.repeat == expected.shutdown.repeat));
}

BOOST_AUTO_TEST_CASE(the_file_changes_the_policy)
{
    coqmp::supervision_policy const found =
        policy_for(parse("heal_no_space = false\nafter = ['router']\n"
                         "[restart]\npolicy = 'always'\nmost = 3\nfirst_pause = '2s'\n"
                         "[boot_loop]\naction = 'give-up'\n"
                         "[panic]\naction = 'reset'\ndump = true\ndump_directory = '/d'\nlargest_dump = '1GiB'\nmost_dumps = 1\n"
                         "[liveness]\nkill_silent_after = '60s'\n[shutdown]\nbudget = '10s'\nask_guest = false"));
    BOOST_TEST(!found.heals_no_space);
    BOOST_TEST((found.restart == coqmp::restart_policy::always));
    BOOST_TEST(found.most_restarts == 3U);
    BOOST_TEST((found.backoff == 2s));
    BOOST_TEST((found.on_boot_loop == coqmp::boot_loop_action::give_up));
    BOOST_TEST((found.on_panic == coqmp::panic_action::reset));
    BOOST_TEST(found.dumps_after_panic);
    BOOST_TEST(found.dump_directory == "/d");
    BOOST_TEST(found.largest_dump == std::uint64_t{1} << 30);
    BOOST_TEST(found.most_dumps == 1U);
    BOOST_TEST((found.kill_silent_after == 60s));
    BOOST_TEST((found.shutdown.budget == 10s));
    BOOST_TEST((found.shutdown.ask_guest == coqmp::ask_guest::no));
}

BOOST_AUTO_TEST_CASE(the_machines_before_it_are_named)
{
    std::vector<std::string> const expected{"router", "disk"};
    BOOST_TEST(names_before(parse("after = ['router', 'disk']")) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_guest_is_asked_through_its_agent)
{
    BOOST_TEST(!policy_for(parse("")).shutdown.agent_address().has_value());
    coqmp::supervision_policy const asks = policy_for(parse("[shutdown]\nagent = '/run/vm.agent'"));
    BOOST_TEST((asks.shutdown.agent_address() == coqmp::endpoint::unix_socket("/run/vm.agent")));
}

BOOST_AUTO_TEST_SUITE_END()
