// The supervisor's machines follow the files, with machines that were never started.
#include "supervision/offered_monitors.hpp"
#include "supervision/supervised_machines.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <coqmp/supervisor.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace coqmpd;
using namespace std::chrono_literals;
using coqmp::test::contains;

namespace {

using files = std::vector<std::pair<std::string, std::string>>;

machine_set parse(files const& texts)
{
    std::vector<file_text> read;
    for (auto const& [name, text] : texts)
        read.push_back({name, name + ".toml", text});
    return parse_machines(read);
}

std::string const launched = "arguments = ['-S']\n";

/// @param more of its last accepted file
left_machine left_with(std::string const& more, bool has_process)
{
    left_machine result;
    result.known.file = parse_machine_file(launched + more, "left.toml");
    if (has_process)
        result.known.launches = {arguments_of(*result.known.file)};
    result.has_process = has_process;
    return result;
}

struct ::stat facts_of(std::string const& path)
{
    struct ::stat result = {};
    BOOST_REQUIRE(::lstat(path.c_str(), &result) == 0);
    return result;
}

::mode_t mode_of(std::string const& path)
{
    return facts_of(path).st_mode & 07777;
}

::uid_t owner_of(std::string const& path)
{
    return facts_of(path).st_uid;
}

/// A supervisor with a directory, and what the daemon has around it.
class followed_files
{
public:
    explicit followed_files(asio::any_io_executor const& executor)
        : log_(executor, log_options()),
          hooks_(executor, {}, log_),
          supervisor_(executor, options()),
          monitors_(supervisor_, directory_.path().native(), log_),
          machines_({supervisor_, hooks_, monitors_, nullptr, log_},
                    [this](std::string const& name) { forgotten_ += name + ' '; })
    {}

    void follow(files const& texts, left_machines const& left = {}) { machines_.follow(parse(texts), left); }
    [[nodiscard]] std::string file_problem(std::string const& machine) const { return machines_.file_problem(machine); }
    [[nodiscard]] known_machines known() const { return machines_.known(); }
    asio::awaitable<bool> settle() { return machines_.settle(100s); }
    asio::awaitable<bool> release_all() { return machines_.release_all(100s); }

    [[nodiscard]] std::string state() const { return (directory_.path() / "state").native(); }
    [[nodiscard]] std::string monitor(std::string const& name) const { return (directory_.path() / (name + ".qmp")).native(); }
    [[nodiscard]] std::string names() const
    {
        std::string result;
        for (std::string const& each : supervisor_.names())
            result += each + ' ';
        return result;
    }
    [[nodiscard]] std::string const& log() const noexcept { return lines_; }
    [[nodiscard]] std::string const& forgotten() const noexcept { return forgotten_; }
    [[nodiscard]] bool knows(std::string const& machine) const { return machines_.knows(machine); }

private:
    [[nodiscard]] coqmp_daemon::logger_options log_options()
    {
        coqmp_daemon::logger_options result;
        result.write = [this](std::string_view line) {
            lines_ += line;
            return true;
        };
        return result;
    }
    [[nodiscard]] coqmp::supervisor_options options() const
    {
        coqmp::supervisor_options result;
        result.directory = state();
        return result;
    }

    coqmp::test::temporary_directory directory_;
    std::string lines_;
    std::string forgotten_;
    coqmp_daemon::logger log_;
    machine_hooks hooks_;
    coqmp::supervisor supervisor_;
    offered_monitors monitors_;
    supervised_machines machines_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(supervised_files, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(machines_are_added_with_their_files)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}, {"b", launched + "after = ['a']"}});
    BOOST_TEST(daemon.names() == "a b ");
    BOOST_TEST(contains(daemon.log(), "b: added"));
}

COROUTINE_TEST_CASE(a_machine_at_rest_is_forgotten_with_its_file)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}, {"b", launched}});
    daemon.follow({{"b", launched}});
    BOOST_TEST(!daemon.knows("a"));
    bool const settles = co_await daemon.settle();
    BOOST_TEST(settles);
    BOOST_TEST(daemon.names() == "b ");
    BOOST_TEST(daemon.forgotten() == "a ");
}

COROUTINE_TEST_CASE(a_file_that_comes_back_at_once_is_followed)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}, {"b", launched}});
    daemon.follow({{"b", launched}});
    daemon.follow({{"a", launched}, {"b", launched}});
    BOOST_TEST(daemon.knows("a"));
    bool const settles = co_await daemon.settle();
    BOOST_TEST(settles);
    BOOST_TEST(contains(daemon.log().substr(daemon.log().rfind("a: removed")), "a: added"));
    BOOST_TEST(daemon.names() == "a b ");
    BOOST_TEST(daemon.forgotten().empty());
}

COROUTINE_TEST_CASE(a_machine_with_new_settings_never_leaves_the_supervisor)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}});
    daemon.follow({{"a", launched + "[restart]\npolicy = 'always'"}});
    BOOST_TEST(daemon.names() == "a ");
    BOOST_TEST(contains(daemon.log(), "a: new settings apply now: restart"));
    BOOST_TEST(daemon.forgotten().empty());
}

COROUTINE_TEST_CASE(the_order_of_two_machines_is_turned_round)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched + "after = ['b']"}, {"b", launched}});
    daemon.follow({{"a", launched}, {"b", launched + "after = ['a']"}});
    BOOST_TEST(daemon.names() == "a b ");
}

COROUTINE_TEST_CASE(an_observed_machine_comes_and_goes_with_its_file)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", "observe = '/run/a.qmp'"}});
    BOOST_TEST(daemon.names() == "a ");
    daemon.follow({});
    bool const settles = co_await daemon.settle();
    BOOST_TEST(settles);
    BOOST_TEST(daemon.names() == "");
    BOOST_TEST(daemon.forgotten() == "a ");
}

COROUTINE_TEST_CASE(a_machine_that_is_observed_elsewhere_is_replaced)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", "observe = '/run/a.qmp'"}});
    daemon.follow({{"a", "observe = '/run/b.qmp'"}});
    bool const settles = co_await daemon.settle();
    BOOST_TEST(settles);
    daemon.follow({{"a", launched}});
    bool const settles_again = co_await daemon.settle();
    BOOST_TEST(settles_again);
    BOOST_TEST(daemon.names() == "a ");
    BOOST_TEST(daemon.forgotten().empty());
}

COROUTINE_TEST_CASE(a_monitor_is_offered_with_the_mode_of_the_file)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}});
    BOOST_TEST(mode_of(daemon.monitor("a")) == 0600U);
    daemon.follow({{"a", launched + "[monitor]\nmode = '0660'"}});
    BOOST_TEST(mode_of(daemon.monitor("a")) == 0660U);
    daemon.follow({{"a", launched + "[monitor]\nmode = '0640'\nhold = false"}});
    BOOST_TEST(mode_of(daemon.monitor("a")) == 0640U);
    daemon.follow({});
    BOOST_TEST(!std::filesystem::exists(daemon.monitor("a")));
    bool const settles = co_await daemon.settle();
    BOOST_TEST(settles);
}

COROUTINE_TEST_CASE(a_monitor_that_cannot_be_offered_is_reported)
{
    followed_files daemon(co_await asio::this_coro::executor);
    std::filesystem::create_directory(daemon.monitor("a"));
    daemon.follow({{"a", launched}});
    BOOST_TEST(daemon.names() == "a ");
    BOOST_TEST(contains(daemon.log(), "a: its monitor is not offered"));
}

COROUTINE_TEST_CASE(a_refused_file_is_reported)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", "broken"}, {"b", launched}});
    BOOST_TEST(daemon.names() == "b ");
    BOOST_TEST(contains(daemon.log(), "a.toml"));
}

COROUTINE_TEST_CASE(a_machine_that_was_left_with_a_refused_file_is_supervised)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", "broken"}, {"b", launched}}, {{"a", left_with("[restart]\npolicy = 'always'", false)}});
    BOOST_TEST(daemon.names() == "a b ");
    BOOST_TEST(daemon.file_problem("a") == "refused");
    BOOST_TEST(daemon.file_problem("b") == "");
    BOOST_TEST(contains(daemon.log(), "a: its file is refused: it is supervised as the last file says that was accepted"));
    daemon.follow({{"a", launched}, {"b", launched}});
    BOOST_TEST(daemon.file_problem("a") == "");
    BOOST_TEST(contains(daemon.log(), "a: new settings apply now: restart"));
}

COROUTINE_TEST_CASE(a_machine_that_was_left_without_a_file_is_supervised_while_it_runs)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({}, {{"a", left_with("", true)}, {"b", left_with("", false)}});
    BOOST_TEST(daemon.names() == "a ");
    BOOST_TEST(daemon.file_problem("a") == "missing");
    BOOST_TEST(contains(daemon.log(), "a: it runs, but its file is gone"));
    daemon.follow({});
    BOOST_TEST(daemon.names() == "a ");
    known_machines const known = daemon.known();
    BOOST_TEST(known.at("a").launches.size() == 1U);
    daemon.follow({{"a", launched}});
    BOOST_TEST(daemon.file_problem("a") == "");
}

COROUTINE_TEST_CASE(a_machine_that_never_ran_uses_no_images)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}, {"b", "observe = '/run/b.qmp'"}});
    known_machines const known = daemon.known();
    BOOST_TEST(known.size() == 1U);
    BOOST_TEST(known.at("a").file.has_value());
    BOOST_TEST(known.at("a").launches.empty());
}

COROUTINE_TEST_CASE(a_qemu_of_another_user_can_reach_its_monitor_only)
{
    if (::geteuid() != 0)
        co_return;  // only root can give files away
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched + "user = 12345\ngroup = 12345"}, {"b", launched}});
    BOOST_TEST(mode_of(daemon.state()) == 0711U);
    BOOST_TEST(mode_of(daemon.state() + "/a") == 0711U);
    BOOST_TEST(owner_of(daemon.state() + "/a/monitor") == 12345U);
    BOOST_TEST(mode_of(daemon.state() + "/b") == 0700U);
    BOOST_TEST(owner_of(daemon.state() + "/b/monitor") == 0U);
}

COROUTINE_TEST_CASE(all_machines_are_released_and_none_is_added_after_that)
{
    followed_files daemon(co_await asio::this_coro::executor);
    daemon.follow({{"a", launched}, {"b", launched}});
    bool const all = co_await daemon.release_all();
    BOOST_TEST(all);
    BOOST_TEST(daemon.names() == "");
    daemon.follow({{"a", launched}, {"b", launched}, {"c", launched}});
    BOOST_TEST(daemon.names() == "");
}

BOOST_AUTO_TEST_SUITE_END()
