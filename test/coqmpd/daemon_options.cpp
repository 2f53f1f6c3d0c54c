// coqmpd's command line, and where its files are.
#include "daemon/configuration/problem_list.hpp"
#include "options.hpp"
#include "places.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

using namespace coqmpd;
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
    words.insert(words.begin(), "coqmpd");
    return read_command_line(static_cast<int>(words.size()), words.data());
}

options accepted(std::vector<char const*> const& words)
{
    return std::get<options>(read(words));
}

/// What standard error says about a wrong command line.
std::string refusal(std::vector<char const*> const& words)
{
    captured const errors(std::cerr);
    auto const result = read(words);
    BOOST_REQUIRE(std::holds_alternative<coqmp_daemon::exit_code>(result));
    BOOST_TEST((std::get<coqmp_daemon::exit_code>(result) == coqmp_daemon::exit_code::usage));
    return errors.text();
}

std::string printed(char const* word)
{
    captured const output(std::cout);
    auto const result = read({word});
    BOOST_REQUIRE(std::holds_alternative<coqmp_daemon::exit_code>(result));
    BOOST_TEST((std::get<coqmp_daemon::exit_code>(result) == coqmp_daemon::exit_code::success));
    return output.text();
}

place_sources user_with_home()
{
    place_sources result;
    result.user = 1000;
    result.home = "/home/anna";
    result.runtime_home = "/run/user/1000";
    return result;
}

places expected(char const* configuration, char const* runtime, char const* state)
{
    places result;
    result.configuration = configuration;
    result.runtime = runtime;
    result.state = state;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(without_options_it_is_the_daemon)
{
    options const line = accepted({});
    BOOST_TEST((line.what == task::serve));
    BOOST_TEST(line.configuration.empty());
}

BOOST_AUTO_TEST_CASE(each_task_has_an_option)
{
    BOOST_TEST((accepted({"--check"}).what == task::check));
    BOOST_TEST((accepted({"--status"}).what == task::show_status));
    BOOST_TEST((accepted({"--shutdown-guests"}).what == task::shut_down_guests));
    BOOST_TEST((accepted({"--lift-limits"}).what == task::lift_limits));
}

BOOST_AUTO_TEST_CASE(two_tasks_are_refused)
{
    BOOST_TEST(!refusal({"--check", "--status"}).empty());
    BOOST_TEST(!refusal({"--check", "--shutdown-guests"}).empty());
    BOOST_TEST(!refusal({"--status", "--shutdown-guests"}).empty());
    BOOST_TEST(!refusal({"--shutdown-guests", "--lift-limits"}).empty());
}

BOOST_AUTO_TEST_CASE(a_unit_says_that_it_lifts_the_limits)
{
    BOOST_TEST(!accepted({}).limits_are_lifted);
    BOOST_TEST(accepted({"--unit-lifts-limits"}).limits_are_lifted);
}

BOOST_AUTO_TEST_CASE(the_directory_of_the_configuration_loses_its_last_slash)
{
    BOOST_TEST(accepted({"--config", "/srv/coqmp/"}).configuration == "/srv/coqmp");
    BOOST_TEST(accepted({"--config", "/"}).configuration == "/");
}

BOOST_AUTO_TEST_CASE(the_shutdown_has_a_time_with_a_unit)
{
    BOOST_TEST((accepted({"--shutdown-guests"}).timeout == 5min));
    BOOST_TEST((accepted({"--shutdown-guests", "--timeout", "90s"}).timeout == 90s));
    BOOST_TEST((accepted({"--shutdown-guests", "--timeout", "0s"}).timeout == 0s));
    BOOST_TEST(refusal({"--shutdown-guests", "--timeout", "90"}).find("such as 5min, not \"90\"") != std::string::npos);
    BOOST_TEST(!refusal({"--timeout", "90s"}).empty());
}

BOOST_AUTO_TEST_CASE(help_and_version_are_printed)
{
    BOOST_TEST(printed("--help").find("--shutdown-guests") != std::string::npos);
    BOOST_TEST(printed("--version").starts_with("coqmpd "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_places_of_files, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(those_of_root_are_fixed)
{
    places const found = find_places(place_sources(), "");
    BOOST_TEST((found == expected("/etc/coqmp", "/run/coqmp", "/var/lib/coqmp")));
    BOOST_TEST(found.machines() == "/etc/coqmp/machines");
    BOOST_TEST(found.control_socket() == "/run/coqmp/control.sock");
}

BOOST_AUTO_TEST_CASE(those_of_a_user_are_in_the_users_directories)
{
    place_sources sources = user_with_home();
    BOOST_TEST((find_places(sources, "") ==
                expected("/home/anna/.config/coqmp", "/run/user/1000/coqmp", "/home/anna/.local/state/coqmp")));
    sources.configuration_home = "/c";
    sources.state_home = "/s";
    BOOST_TEST((find_places(sources, "") == expected("/c/coqmp", "/run/user/1000/coqmp", "/s/coqmp")));
}

BOOST_AUTO_TEST_CASE(systemd_and_the_command_line_have_the_last_word)
{
    place_sources sources = user_with_home();
    sources.runtime_directory = "/run/a:/run/b";
    sources.state_directory = "/var/lib/a";
    BOOST_TEST((find_places(sources, "/mine") == expected("/mine", "/run/a", "/var/lib/a")));
}

BOOST_AUTO_TEST_CASE(a_user_needs_a_directory_for_sockets)
{
    place_sources sources = user_with_home();
    sources.runtime_home.clear();
    BOOST_CHECK_THROW((void)find_places(sources, ""), coqmp_daemon::configuration_error);
}

BOOST_AUTO_TEST_SUITE_END()
