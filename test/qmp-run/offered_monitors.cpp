// The monitor that qmp-run offers to clients, with a real QEMU.
#include "running_machine.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/run_state.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace qmp_run::test;
using namespace coqmp::test;

namespace {

struct offering_fixture : run_fixture
{
    /// Arguments of a guest that writes again and again to a disk that is full.
    [[nodiscard]] std::vector<std::string> writing(std::string const& monitor) const
    {
        // again: mov ax, 0x301; mov cx, 2; mov dx, 0x81; mov bx, 0x7c00; int 0x13; jmp again: writes to the second disk
        constexpr auto writes = "\xB8\x01\x03\xB9\x02\x00\xBA\x81\x00\xBB\x00\x7C\xCD\x13\xEB\xF0"sv;
        return running({"--timeout", "1s", "--monitor", path(monitor.c_str()), "--policy", "operator"}, writes, "-blockdev",
                       "driver=blkdebug,node-name=disk,image.driver=null-co,image.size=1048576,"
                       "inject-error.0.event=none,inject-error.0.iotype=write,inject-error.0.errno=28,inject-error.0.once=off",
                       "-device", "ide-hd,drive=disk,bus=ide.0,unit=1,werror=enospc");
    }
};

boost::asio::awaitable<void> execute(coqmp::session& client, std::string name)
{
    coqmp::command request(std::move(name));
    co_await client.execute(request);
}

boost::asio::awaitable<void> is_continued(coqmp::event_stream& resumes, int times)
{
    for (int seen = 0; seen < times; ++seen) {
        auto const next = co_await resumes.next();
        BOOST_REQUIRE(next.has_value());
    }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(offered_monitors, offering_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(a_guest_that_an_operator_has_paused_while_a_disk_is_full_is_not_continued)
{
    running_machine held(writing("held"));
    held.expect("STATUS=The guest is paused: the disk is full");
    auto const body = [](offering_fixture& here, running_machine& machine) -> boost::asio::awaitable<void> {
        coqmp::session operates = co_await connect_to(here.at("held"));
        co_await execute(operates, "stop");  // QEMU reports nothing of it: it is paused already
        coqmp::event_stream resumes = operates.subscribe({"RESUME"});
        machine.expect("STATUS=The guest is paused: a client paused it");

        offering_fixture const other;
        running_machine free(other.writing("free"));
        free.expect("STATUS=The guest is paused: the disk is full");
        coqmp::session watches = co_await connect_to(other.at("free"));
        coqmp::event_stream attempts = watches.subscribe({"RESUME"});
        co_await is_continued(attempts, 3);
        BOOST_TEST(free.stop() == 0);

        coqmp::command query("query-status");
        auto const status = co_await operates.execute(query);
        BOOST_TEST(status.at("status").as_string() == "io-error");
        BOOST_TEST(!resumes.try_next().has_value());
        co_await execute(operates, "cont");  // from now on, qmp-run may do it again
        co_await is_continued(resumes, 2);
    };
    run(body(*this, held));
    BOOST_TEST(held.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_client_may_do_what_the_policy_of_its_socket_allows)
{
    running_machine machine(running({"--monitor", path("any"), "--monitor", path("all"), "--policy", "all"}, idle));
    machine.expect_ready();
    auto const body = [](offering_fixture& here) -> boost::asio::awaitable<void> {
        coqmp::session reads = co_await connect_to(here.at("any"));
        co_await execute(reads, "query-name");
        bool was_refused = false;
        try {
            co_await execute(reads, "stop");
        } catch (coqmp::command_failed const& refused) {
            was_refused = true;
            BOOST_TEST(contains(refused.what(), "read-only"), refused.what());
        }
        BOOST_TEST(was_refused);
        coqmp::session rules = co_await connect_to(here.at("all"));
        co_await execute(rules, "quit");
    };
    run(body(*this));
    BOOST_TEST(machine.wait() == 0);  // it was stopped through qmp-run
}

BOOST_AUTO_TEST_CASE(a_socket_that_cannot_be_made_is_explained)
{
    outcome const came = run_machine(running({"--monitor", path("no-directory/monitor")}, idle));
    BOOST_TEST(came.status == 1, came.log);
    BOOST_TEST(contains(came.log, "no-directory/monitor"), came.log);
}

BOOST_AUTO_TEST_SUITE_END()
