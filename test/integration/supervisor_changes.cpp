// What the owner of a supervisor changes while machines run, and what it leaves to others, with real QEMUs.
#include <coqmp/supervisor.hpp>

#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/session.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::change;
using coqmp::change_stream;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::restart_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

struct fixture
{
    temporary_directory folder;
    coqmp::supervisor_options options;

    fixture() { options.directory = folder.path() / "state"; }
};

/// In place of a cgroup, with the kernel's count of processes that it has killed for lack of memory.
void write_cgroup(std::filesystem::path const& place, int kills)
{
    std::filesystem::create_directories(place);
    std::ofstream(place / "cgroup.procs").flush();
    std::ofstream(place / "memory.events") << "low 0\noom 7\noom_kill " << kills << "\noom_group_kill 0\n";
}

std::size_t lines_in(std::string const& file)
{
    std::ifstream text(file);
    std::size_t result = 0;
    for (std::string line; std::getline(text, line);)
        ++result;
    return result;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(launches_a_machine_as_it_was_updated_and_leaves_the_present_process_alone)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const first = machines.pid("vm");
        coqmp::machine_spec named = bare();
        named.arguments.insert(named.arguments.end(), {"-name", "updated"});
        machines.update("vm", named, quick(restart_policy::never));
        co_await machines.execute("vm", "query-status");
        BOOST_TEST((machines.pid("vm") == first));
        machines.restart("vm");
        co_await reaches(changes, "vm", lifecycle::starting);
        co_await reaches(changes, "vm", lifecycle::running);
        auto const name = co_await machines.execute("vm", "query-name");
        BOOST_TEST(name.at("name").as_string() == "updated");
        ::kill(machines.pid("vm").value(), SIGKILL);
        co_await reaches(changes, "vm", lifecycle::failed);  // as the new policy says
        BOOST_CHECK_THROW(machines.update("other", bare(), quick()), boost::system::system_error);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(tells_a_machine_that_the_kernel_has_killed_to_free_memory_from_others)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        auto const cgroup = folder.path() / "cgroup";
        write_cgroup(cgroup, 3);
        coqmp::machine_spec spec = bare();
        spec.cgroup = cgroup;
        machines.add("vm", spec, quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        ::kill(machines.pid("vm").value(), SIGKILL);
        change const killed = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(killed.status.reason == lifecycle_reason::killed_by_signal);
        co_await reaches(changes, "vm", lifecycle::running);
        write_cgroup(cgroup, 4);
        ::kill(machines.pid("vm").value(), SIGKILL);
        change const starved = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(starved.status.reason == lifecycle_reason::out_of_memory);
        co_await reaches(changes, "vm", lifecycle::running);
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(leaves_all_its_machines_to_the_next_one)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        ::pid_t first = -1;
        {
            supervisor machines(executor, options);
            change_stream changes = machines.subscribe();
            for (char const* const each : {"runs", "ends", "rests"})
                machines.add(each, bare(), quick());
            machines.start("runs");
            co_await reaches(changes, "runs", lifecycle::running);
            machines.start("ends");
            co_await reaches(changes, "ends", lifecycle::running);
            first = machines.pid("runs").value();
            ::kill(machines.pid("ends").value(), SIGSTOP);  // so that its shutdown takes long
            machines.async_stop("ends", 200s)([](error_code, coqmp::machine_end const&) {});
            co_await reaches(changes, "ends", lifecycle::stopping);
            auto const unreleased = co_await machines.async_release_all();
            BOOST_TEST(unreleased == 0U);
            BOOST_TEST(machines.names().empty());
        }
        supervisor machines(executor, options);
        BOOST_TEST(machines.stored_names() == (texts{"ends", "runs"}), boost::test_tools::per_element());
        change_stream changes = machines.subscribe();
        machines.add("runs", bare(), quick());
        co_await reaches(changes, "runs", lifecycle::running);
        BOOST_TEST(machines.pid("runs").value_or(-1) == first);
        BOOST_TEST(machines.stored_names() == texts{"ends"}, boost::test_tools::per_element());
        machines.add("ends", bare(), quick());
        co_await reaches(changes, "ends", lifecycle::stopping);  // it goes on with the shutdown
        ::kill(machines.pid("ends").value(), SIGCONT);
        co_await reaches(changes, "ends", lifecycle::stopped);
        co_await machines.async_shutdown(20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(shuts_down_a_machine_that_comes_back_to_it_while_it_shuts_all_down)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        supervisor machines(executor, options);
        change_stream changes = machines.subscribe();
        machines.add("disk", bare(), quick());
        machines.add("web", bare(), quick(), {"disk"});
        for (char const* const each : {"disk", "web"}) {
            machines.start(each);
            co_await reaches(changes, each, lifecycle::running);
        }
        ::pid_t const slow = machines.pid("web").value();
        ::kill(slow, SIGSTOP);  // so that "disk" has to wait
        bool is_down = false;
        machines.async_shutdown(200s)([&is_down](error_code error) {
            BOOST_TEST(!error);
            is_down = true;
        });
        co_await reaches(changes, "web", lifecycle::stopping);
        co_await machines.async_release("disk");
        machines.add("disk", bare(), quick());
        co_await reaches(changes, "disk", lifecycle::running);
        ::kill(slow, SIGCONT);
        co_await reaches(changes, "web", lifecycle::stopped);
        co_await reaches(changes, "disk", lifecycle::stopping);  // in the order, as before
        co_await reaches(changes, "disk", lifecycle::stopped);
        while (!is_down)
            co_await asio::post(executor, asio::deferred);
        BOOST_TEST(machines.status("disk").reason == lifecycle_reason::host_shutdown);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(lets_a_qemu_of_another_user_reach_its_monitor)
{
    ::passwd const* const nobody = ::getpwnam("nobody");
    if (::geteuid() != 0 || nobody == nullptr) {
        BOOST_TEST_MESSAGE("only root can change the user");
        return;
    }
    auto const body = [this, user = nobody->pw_uid]() -> asio::awaitable<void> {
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0711));
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        coqmp::machine_spec spec = bare();
        spec.user = "nobody";
        machines.add("vm", spec, quick(restart_policy::never));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        struct ::stat socket{};
        std::filesystem::path const place = folder.path() / "state" / "vm";
        BOOST_REQUIRE(::lstat((place / "monitor").c_str(), &socket) == 0);
        BOOST_TEST(socket.st_uid == user);
        BOOST_TEST((socket.st_mode & 0777) == 0600U);
        for (auto const& each : std::filesystem::directory_iterator(place))
            if (each.path().filename() != "monitor")
                BOOST_TEST(((each.status().permissions() & std::filesystem::perms(0077)) == std::filesystem::perms::none),
                           each.path());
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(observes_a_qemu_of_another_owner_and_leaves_it_alone)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::string const socket = folder.path() / "theirs";
        supervisor owner(executor);
        change_stream owned = owner.subscribe();
        coqmp::machine_spec spec = bare();
        spec.arguments.insert(spec.arguments.end(), {"-qmp", "unix:" + socket + ",server=on,wait=off"});
        owner.add("vm", spec, quick(restart_policy::never));
        owner.start("vm");
        co_await reaches(owned, "vm", lifecycle::running);

        supervisor observer(executor);
        change_stream seen = observer.subscribe();
        observer.observe("theirs", coqmp::endpoint::unix_socket(socket));
        co_await reaches(seen, "theirs", lifecycle::running);
        co_await owner.execute("vm", "stop");
        change const paused = co_await reaches(seen, "theirs", lifecycle::paused);
        BOOST_TEST(paused.status.reason == lifecycle_reason::by_client);
        co_await reaches(owned, "vm", lifecycle::paused);
        auto stop = observer.async_stop("theirs", 5s, asio::as_tuple(asio::deferred));
        auto const [refused, nothing] = co_await std::move(stop);
        BOOST_TEST((refused == boost::system::errc::operation_not_permitted));
        co_await observer.async_shutdown(20s);
        BOOST_TEST(owner.state("vm") == lifecycle::paused);

        co_await owner.async_stop("vm", 20s);
        change const ended = co_await reaches(seen, "theirs", lifecycle::stopped);
        BOOST_TEST(ended.status.reason == lifecycle_reason::outside);
        owner.start("vm");
        co_await reaches(seen, "theirs", lifecycle::running);  // it was found again
        co_await observer.async_remove("theirs");
        BOOST_TEST(observer.names().empty());
        co_await owner.execute("vm", "query-status");
        co_await owner.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(offers_the_monitor_of_each_of_a_machines_processes)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        coqmp::monitor_proxy clients(executor);
        auto const address = clients.listen(coqmp::endpoint::unix_socket((folder.path() / "vm.qmp").native()));
        machines.add("vm", bare(), quick());
        machines.offer_monitor("vm", clients);
        BOOST_CHECK_THROW(machines.offer_monitor("other", clients), boost::system::system_error);
        machines.start("vm");
        for (int process = 0; process < 2; ++process) {
            co_await reaches(changes, "vm", lifecycle::running);
            coqmp::session client(executor);
            co_await client.async_connect(address);
            coqmp::command query("query-name");
            co_await client.execute(query);
            ::kill(machines.pid("vm").value(), SIGKILL);
            co_await reaches(changes, "vm", lifecycle::backing_off);
        }
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_no_more_machines_at_the_same_time_than_it_may)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        coqmp::supervisor_options two;
        two.concurrent_starts = 2;
        supervisor machines(executor, two);
        std::string const started = folder.path() / "started";
        coqmp::machine_spec spec;  // never becomes ready
        spec.program = "sh";
        spec.arguments = {"-c", "echo started >>" + started + "; exec sleep 1000"};
        texts names;
        for (int each = 0; each < 5; ++each) {
            names.push_back("vm" + std::to_string(each));
            machines.add(names.back(), spec, quick(restart_policy::never));
            machines.start(names.back());
        }
        std::size_t allowed = 2;
        for (std::string const& name : names) {
            std::size_t const expected = std::min(allowed, names.size());
            while (lines_in(started) < expected)
                co_await asio::post(executor, asio::deferred);
            BOOST_TEST(lines_in(started) == expected);
            co_await machines.async_stop(name, -1ns);
            ++allowed;
        }
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
