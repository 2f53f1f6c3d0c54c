// A supervised machine whose guest is paused: full disks, clients, migrations. Promise 14.
#include "unit/supervised_machine.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;

namespace {

/// A machine that QEMU has just paused for lack of space.
void fill_disk(supervised_machine& vm)
{
    BOOST_TEST(vm.take(no_space_left) == "");
    vm.take("STOP");
    BOOST_TEST(vm.is_asked);
    BOOST_TEST(vm.answer_all("io-error") == "");
}

/// What a client does through us, and QEMU executes.
void stop_by_client(supervised_machine& vm, std::string const& state)
{
    vm.client(client_step::stop_sent);
    if (state == "running")
        vm.take("STOP");
    vm.client(client_step::stop_done);
    vm.answer_all(state == "running" ? "paused" : state);
}

constexpr auto patience = 10min;  // far more than the longest pause before a `cont`

}  // namespace

BOOST_AUTO_TEST_SUITE(a_paused_machine)

BOOST_AUTO_TEST_CASE(is_continued_when_its_disk_was_full)
{
    supervised_machine vm;
    vm.run();
    fill_disk(vm);
    BOOST_TEST(vm.status() == "paused (the disk is full), responsive");
    BOOST_TEST(vm.memory() == "up, out of space");
    BOOST_TEST(vm.after(999ms) == "");
    BOOST_TEST(vm.after(1ms) == "continue");
    BOOST_TEST(vm.take("RESUME") == "ask for the state");
    BOOST_TEST(vm.finished(finished_action::continue_guest) == "");
    BOOST_TEST(vm.answer("running") == "ask for the state");
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.memory() == "up");
}

BOOST_AUTO_TEST_CASE(is_continued_after_longer_and_longer_pauses_as_long_as_the_disk_is_full)
{
    supervised_machine vm;
    vm.run();
    std::vector<long> pauses;
    for (int times = 0; times < 9; ++times) {
        fill_disk(vm);
        auto const since = vm.now;
        BOOST_TEST(vm.wait_answering("io-error", patience) == "continue");
        pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(vm.now - since).count());
        vm.take("RESUME");
        vm.finished(finished_action::continue_guest);
        vm.answer_all("running");
    }
    BOOST_TEST(pauses == (std::vector<long>{1, 2, 4, 8, 16, 32, 60, 60, 60}), boost::test_tools::per_element());
    BOOST_TEST(vm.wait_answering("running", 1min) == "");
    fill_disk(vm);
    BOOST_TEST(vm.after(1s) == "continue");  // it ran for a minute: the pauses begin again
}

BOOST_AUTO_TEST_CASE(is_not_continued_if_the_policy_says_so)
{
    auto policy = policy_of(restart_policy::always);
    policy.heals_no_space = false;
    supervised_machine vm(policy);
    vm.run();
    fill_disk(vm);
    BOOST_TEST(vm.wait_answering("io-error", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_not_continued_after_another_disk_error)
{
    supervised_machine vm;
    vm.run();
    vm.take(disk_failed);
    vm.take("STOP");
    vm.answer("io-error");
    BOOST_TEST(vm.status() == "paused (a disk error), responsive");
    BOOST_TEST(vm.wait_answering("io-error", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_not_continued_after_both_kinds_of_disk_errors)
{
    for (bool const is_full_first : {true, false})
        for (bool const is_late : {true, false}) {
            supervised_machine vm;
            vm.run();
            vm.take(is_full_first ? no_space_left : disk_failed);
            if (is_late)
                vm.take("STOP");
            vm.take(is_full_first ? disk_failed : no_space_left);
            if (!is_late)
                vm.take("STOP");
            vm.answer("io-error");
            BOOST_TEST(vm.wait_answering("io-error", patience) == "");
        }
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_a_disk_error_did_not_pause_it)
{
    for (char const* const action : {"report", "ignore"}) {
        supervised_machine vm;
        vm.run();
        BOOST_TEST(vm.take(R"(BLOCK_IO_ERROR {"device":"d","nospace":true,"action":")" + std::string(action) + "\"}") == "");
        BOOST_TEST(vm.status() == "running, responsive");
        vm.take("STOP");  // by an operator, much later
        vm.answer("paused");
        BOOST_TEST(vm.wait_answering("paused", patience) == "");
    }
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_an_operator_paused_it)
{
    supervised_machine vm;
    vm.run();
    vm.take("STOP");
    vm.answer("paused");
    BOOST_TEST(vm.status() == "paused (a client paused it), responsive");
    BOOST_TEST(vm.wait_answering("paused", patience) == "");
    vm.take("RESUME");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_an_operator_was_faster_than_the_full_disk)
{
    supervised_machine vm;  // QEMU reports the error, then executes `stop`: the STOP is the operator's
    vm.run();
    vm.take(no_space_left);
    vm.take("STOP");
    vm.answer("paused");
    BOOST_TEST(vm.wait_answering("paused", patience) == "");
    supervised_machine other;  // QEMU executes `stop`; a write that was on its way fails
    other.run();
    other.take("STOP");
    other.take(no_space_left);
    other.answer("paused");
    BOOST_TEST(other.wait_answering("paused", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_a_client_stops_it_without_a_trace)
{
    supervised_machine vm;  // `stop` in `io-error` changes nothing that QEMU would report
    vm.run();
    fill_disk(vm);
    stop_by_client(vm, "io-error");
    BOOST_TEST(vm.status() == "paused (a client paused it), responsive");
    BOOST_TEST(vm.memory() == "up, held, out of space");
    BOOST_TEST(vm.wait_answering("io-error", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_not_continued_while_a_clients_stop_is_on_its_way)
{
    supervised_machine vm;
    vm.run();
    fill_disk(vm);
    BOOST_TEST(vm.client(client_step::stop_sent) == "");
    BOOST_TEST(vm.memory() == "up, held, out of space");  // before the command is sent
    BOOST_TEST(vm.wait_answering("io-error", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_continued_when_a_clients_stop_was_not_sent_after_all)
{
    supervised_machine vm;
    vm.run();
    fill_disk(vm);
    vm.client(client_step::stop_sent);
    vm.client(client_step::stop_withdrawn);
    BOOST_TEST(vm.memory() == "up, out of space");
    BOOST_TEST(vm.wait_answering("io-error", patience) == "continue");
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_events_come_after_the_answer_to_a_clients_stop)
{
    supervised_machine vm;  // QEMU: RESUME, BLOCK_IO_ERROR, STOP, then `stop`; its answer is handled first
    vm.run();
    fill_disk(vm);
    vm.client(client_step::stop_sent);
    vm.client(client_step::stop_done);
    for (std::string const what : {"RESUME", no_space_left, "STOP"})
        vm.take(what);
    vm.answer("io-error");
    vm.answer("io-error");
    BOOST_TEST(vm.wait_answering("io-error", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_continued_again_when_the_client_has_let_go)
{
    supervised_machine vm;
    vm.run();
    fill_disk(vm);
    stop_by_client(vm, "io-error");
    vm.take("RESUME");
    vm.client(client_step::cont_done);  // too early: the disk is still full
    vm.take(no_space_left);
    vm.take("STOP");
    vm.answer_all("io-error");
    BOOST_TEST(vm.wait_answering("io-error", patience) == "continue");
}

BOOST_AUTO_TEST_CASE(is_continued_again_after_an_operator_has_let_it_run)
{
    supervised_machine vm;
    vm.run();
    stop_by_client(vm, "running");
    vm.take("RESUME");
    vm.answer_all("running");
    fill_disk(vm);
    BOOST_TEST(vm.wait_answering("io-error", patience) == "continue");
}

BOOST_AUTO_TEST_CASE(is_not_continued_by_a_start)
{
    supervised_machine vm;
    vm.run();
    stop_by_client(vm, "running");
    BOOST_TEST(vm.start() == "");
    BOOST_TEST(vm.wait_answering("paused", patience) == "");
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_events_are_missing)
{
    supervised_machine vm;
    vm.run();
    fill_disk(vm);
    auto late = happened("POWERDOWN");
    late.lost_before = 1;
    (void)vm.rules.take(late, vm.now);
    vm.answer("io-error");
    BOOST_TEST(vm.wait_answering("io-error", patience) == "");
    BOOST_TEST(vm.status() == "paused (a disk error), responsive");
}

BOOST_AUTO_TEST_CASE(is_continued_after_a_gap_only_if_it_was_out_of_space_before_and_still_is)
{
    for (bool const was_seen : {true, false})
        for (bool const is_listed : {true, false}) {
            supervised_machine vm;
            vm.run();
            if (was_seen)
                fill_disk(vm);
            BOOST_TEST(vm.disconnected() == "reconnect");
            BOOST_TEST(vm.connected(is_listed) == "ask for the state");
            vm.answer("io-error");
            BOOST_TEST(vm.wait_answering("io-error", patience) == (was_seen && is_listed ? "continue" : ""));
        }
}

BOOST_AUTO_TEST_CASE(a_cont_that_fails_is_tried_again)
{
    supervised_machine vm;
    vm.run();
    fill_disk(vm);
    BOOST_TEST(vm.after(1s) == "continue");
    BOOST_TEST(vm.after(5s) == "");  // one at a time
    BOOST_TEST(vm.finished(finished_action::continue_guest) == "ask for the state");
    BOOST_TEST(vm.answer("io-error") == "");
    BOOST_TEST(vm.after(2s) == "continue");
}

BOOST_AUTO_TEST_CASE(is_not_continued_when_another_state_shows_that_it_must_not)
{
    for (char const* const state : {"paused", "postmigrate", "guest-panicked", "watchdog", "shutdown", "prelaunch", "debug",
                                    "internal-error", "inmigrate", "suspended", "finish-migrate", "holiday"}) {
        supervised_machine vm;
        vm.run();
        vm.take(no_space_left);
        vm.take("STOP");
        vm.answer(state);
        BOOST_TEST(vm.wait_answering(state, patience) == "", state);
    }
}

BOOST_AUTO_TEST_CASE(says_why)
{
    std::pair<char const*, char const*> const states[] = {
        {"prelaunch", "paused (the guest has not begun to run), responsive"},
        {"inmigrate", "paused (it is waiting for a migration), responsive"},
        {"watchdog", "paused (the watchdog expired), responsive"},
        {"debug", "paused (a debugger stopped it), responsive"},
        {"internal-error", "paused (an internal error in QEMU), responsive"},
        {"suspended", "running, responsive"},
        {"holiday", "running (an unknown state of QEMU), responsive"},
    };
    for (auto const& [state, status] : states) {
        supervised_machine vm;
        vm.start();
        vm.connected();
        vm.answer(state);
        BOOST_TEST(vm.status() == status);
    }
}

// ---- Migrations ------------------------------------------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(a_guest_that_was_migrated_away_never_runs_here_again,
                     data::make({restart_policy::never, restart_policy::on_failure, restart_policy::unless_stopped,
                                 restart_policy::always}),
                     policy)
{
    for (bool const has_events : {true, false}) {  // the event MIGRATION needs a capability
        supervised_machine vm(policy_of(policy));
        vm.run();
        vm.take("STOP");
        BOOST_TEST(vm.answer("finish-migrate") == "");
        BOOST_TEST(vm.memory() == "up, migrated");  // from now on it may run elsewhere
        if (has_events)
            vm.take(R"(MIGRATION {"status":"completed"})");
        else
            BOOST_TEST(vm.wait() == "ask for the state");
        vm.answer("postmigrate");
        BOOST_TEST(vm.status() == "paused (the guest was migrated away), responsive");
        BOOST_TEST(vm.wait_answering("postmigrate", patience) == "");
        BOOST_TEST(vm.ended(end_by(end_reason::signal, killed)) == "");
        BOOST_TEST(vm.status() == "stopped (the guest was migrated away)");
        BOOST_TEST(vm.after(1h) == "");
        supervised_machine later(policy_of(policy));
        BOOST_TEST(later.recall(vm.rules.memory(), found_process::gone) == "");
        supervised_machine after_the_boot(policy_of(policy));
        BOOST_TEST(after_the_boot.recall(vm.rules.memory(), found_process::other_boot) == "");
        BOOST_TEST(after_the_boot.status() == "stopped (the guest was migrated away)");
        BOOST_TEST(after_the_boot.start() == "launch");  // its operator knows better
    }
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_leaves_the_machine_here)
{
    supervised_machine vm;
    vm.run();
    vm.take("STOP");
    vm.answer("finish-migrate");
    vm.take("RESUME");
    vm.answer("running");
    BOOST_TEST(vm.memory() == "up");
    vm.ended(end_by(end_reason::signal, killed));
    BOOST_TEST(vm.status() == "backing off (a signal ended QEMU)");
}

BOOST_AUTO_TEST_CASE(a_guest_that_arrives_by_migration_is_here)
{
    supervised_machine vm;
    vm.start();
    vm.connected();
    vm.answer("inmigrate");
    vm.take(R"(MIGRATION {"status":"completed"})");
    BOOST_TEST(vm.memory() == "up");
    vm.take("RESUME");
    vm.answer("running");
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.memory() == "up");
}

BOOST_AUTO_TEST_CASE(a_guest_that_is_migrated_by_postcopy_already_runs_elsewhere)
{
    supervised_machine vm;
    vm.run();
    vm.take(R"(MIGRATION {"status":"postcopy-active"})");
    BOOST_TEST(vm.memory() == "up, migrated");
    vm.ended(end_by(end_reason::signal, killed));
    BOOST_TEST(vm.status() == "stopped (the guest was migrated away)");
}

BOOST_AUTO_TEST_SUITE_END()
