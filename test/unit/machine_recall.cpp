// A machine whose supervisor comes back: adoption after a gap, and what is stored for it.
#include "supervision/machine_memory.hpp"

#include "unit/supervised_machine.hpp"

#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace data = boost::unit_test::data;
using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;

namespace {

constexpr restart_policy all_policies[] = {restart_policy::never, restart_policy::on_failure, restart_policy::unless_stopped,
                                           restart_policy::always};

machine_memory wished_up(std::string shutdown_cause = {})
{
    machine_memory memory;
    memory.wish = machine_wish::up;
    memory.shutdown_cause = std::move(shutdown_cause);
    return memory;
}

machine_memory wished_up_during(work_under_way what)
{
    machine_memory memory = wished_up();
    memory.under_way = what;
    return memory;
}

memory_record record_of(machine_memory memory)
{
    memory_record record;
    record.memory = std::move(memory);
    record.boot_id = "9e4b2c0a-6a52-4f0e-8e0e-0d0c0b0a0908";
    return record;
}

std::string rejection(std::string const& text)
{
    try {
        (void)parse_memory_record(text);
    } catch (boost::system::system_error const& error) {
        BOOST_TEST((error.code() == coqmp::errc::invalid_record));
        return error.what();
    }
    return "accepted";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_machine_that_is_recalled)

BOOST_DATA_TEST_CASE(and_lives_costs_nothing, data::make(all_policies), policy)
{
    supervised_machine vm(policy_of(policy));
    BOOST_TEST(vm.recall(wished_up(), found_process::alive) == "");
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.connected() == "ask for the state");
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.memory() == "up");
}

BOOST_AUTO_TEST_CASE(and_lives_but_does_not_connect_is_silent)
{
    supervised_machine vm;
    vm.recall(wished_up(), found_process::alive);
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, silent");
    BOOST_TEST(vm.start() == "");
}

BOOST_AUTO_TEST_CASE(and_lives_against_its_operators_wish_is_stopped)
{
    supervised_machine vm;
    BOOST_TEST(vm.recall({}, found_process::alive) == "shut down within 75000 ms");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
}

BOOST_DATA_TEST_CASE(and_ended_unseen_is_restarted_if_it_is_wished_up, data::make(all_policies), policy)
{
    supervised_machine vm(policy_of(policy));
    BOOST_TEST(vm.recall(wished_up(), found_process::gone) == "");
    if (policy == restart_policy::never) {
        BOOST_TEST(vm.status() == "stopped (the reason for its end is unknown)");
        BOOST_TEST(vm.after(1h) == "");
    } else {
        BOOST_TEST(vm.status() == "backing off (the reason for its end is unknown)");
        BOOST_TEST(vm.after(1s) == "launch");
    }
}

BOOST_DATA_TEST_CASE(and_ended_and_is_wished_down_stays_down, data::make(all_policies), policy)
{
    for (found_process const found : {found_process::gone, found_process::other_boot}) {
        supervised_machine vm(policy_of(policy));
        BOOST_TEST(vm.recall({}, found) == "");
        BOOST_TEST(vm.status() == "stopped (asked by the operator)");
        BOOST_TEST(vm.after(1h) == "");
    }
}

BOOST_AUTO_TEST_CASE(and_ended_after_a_recorded_shutdown_is_not_restarted_on_failure)
{
    for (char const* const cause : {"guest-shutdown", "guest-reset", "guest-panic", "host-qmp-quit", "host-signal", "host-error",
                                    "subsystem-reset", "unknown", "holiday"}) {
        supervised_machine vm;
        BOOST_TEST(vm.recall(wished_up(cause), found_process::gone) == "", cause);
        BOOST_TEST(vm.after(1h) == "", cause);
        BOOST_TEST((vm.rules.status().state == lifecycle::stopped), cause);
    }
}

BOOST_AUTO_TEST_CASE(and_ended_after_a_recorded_shutdown_may_be_restarted_by_other_policies)
{
    supervised_machine unless(policy_of(restart_policy::unless_stopped));
    BOOST_TEST(unless.recall(wished_up("guest-shutdown"), found_process::gone) == "");
    BOOST_TEST(unless.status() == "stopped (the guest shut down)");
    supervised_machine outside(policy_of(restart_policy::unless_stopped));
    outside.recall(wished_up("host-signal"), found_process::gone);
    BOOST_TEST(outside.after(1s) == "launch");
    supervised_machine always(policy_of(restart_policy::always));
    always.recall(wished_up("guest-shutdown"), found_process::gone);
    BOOST_TEST(always.after(1s) == "launch");
    supervised_machine reboot(policy_of(restart_policy::always));
    BOOST_TEST(reboot.recall(wished_up("guest-reset"), found_process::gone) == "launch");
}

BOOST_DATA_TEST_CASE(after_a_boot_of_the_host_runs_again, data::make(all_policies), policy)
{
    for (char const* const cause : {"", "host-signal"}) {  // SIGTERM is what a host sends to all when it goes down
        supervised_machine vm(policy_of(policy));
        BOOST_TEST(vm.recall(wished_up(cause), found_process::other_boot) == "launch");
    }
}

BOOST_AUTO_TEST_CASE(after_a_boot_of_the_host_stays_down_if_its_owner_had_shut_it_down)
{
    for (char const* const cause : {"guest-shutdown", "host-qmp-quit"}) {
        supervised_machine vm;
        BOOST_TEST(vm.recall(wished_up(cause), found_process::other_boot) == "");
    }
    supervised_machine always(policy_of(restart_policy::always));
    BOOST_TEST(always.recall(wished_up("guest-shutdown"), found_process::other_boot) == "launch");
}

BOOST_AUTO_TEST_CASE(and_had_been_given_up_stays_so_until_the_host_boots)
{
    auto memory = wished_up();
    memory.is_given_up = true;
    supervised_machine vm;
    BOOST_TEST(vm.recall(memory, found_process::gone) == "");
    BOOST_TEST((vm.rules.status().state == lifecycle::given_up));
    supervised_machine later;
    BOOST_TEST(later.recall(memory, found_process::other_boot) == "launch");
}

BOOST_AUTO_TEST_CASE(and_was_about_to_be_restarted_is_restarted)
{
    supervised_machine before;
    before.run();
    before.take(panicked_and_off);
    before.take(switched_off_by_panic);
    before.ended(end_by(end_reason::guest_panic));
    BOOST_TEST(before.memory() == "up");
    supervised_machine vm;
    vm.recall(before.rules.memory(), found_process::gone);
    BOOST_TEST(vm.after(1s) == "launch");
}

BOOST_AUTO_TEST_CASE(and_was_paused_by_a_client_is_not_continued)
{
    auto memory = wished_up();
    memory.is_held = memory.is_out_of_space = true;
    supervised_machine vm;
    vm.recall(memory, found_process::alive);
    vm.connected(true);
    vm.answer("io-error");
    BOOST_TEST(vm.status() == "paused (a client paused it), responsive");
    BOOST_TEST(vm.wait_answering("io-error", 10min) == "");
}

BOOST_AUTO_TEST_CASE(and_was_paused_for_lack_of_space_is_continued)
{
    auto memory = wished_up();
    memory.is_out_of_space = true;
    supervised_machine vm;
    vm.recall(memory, found_process::alive);
    vm.connected(true);
    vm.answer("io-error");
    BOOST_TEST(vm.after(1s) == "continue");
}

BOOST_AUTO_TEST_CASE(and_is_paused_for_an_unseen_reason_is_not_continued)
{
    supervised_machine vm;
    vm.recall(wished_up(), found_process::alive);
    vm.connected(true);
    vm.answer("io-error");
    BOOST_TEST(vm.status() == "paused (a disk error), responsive");
    BOOST_TEST(vm.wait_answering("io-error", 10min) == "");
}

// ---- What an earlier supervisor has not finished ---------------------------------------------------------------------------

BOOST_DATA_TEST_CASE(and_was_being_restarted_is_restarted_in_any_case, data::make(all_policies), policy)
{
    for (char const* const cause : {"", "guest-shutdown", "host-qmp-quit", "host-signal"}) {
        auto memory = wished_up_during(work_under_way::restart);
        memory.shutdown_cause = cause;
        supervised_machine alive(policy_of(policy));
        BOOST_TEST(alive.recall(memory, found_process::alive) == "shut down within 75000 ms", cause);
        BOOST_TEST(alive.connected() == "", cause);  // it is left alone
        BOOST_TEST(alive.take(powered_off) == "", cause);
        BOOST_TEST(alive.ended(end_by(end_reason::guest_shutdown)) == "launch", cause);
        BOOST_TEST(alive.status() == "starting (asked by the operator)", cause);
        for (found_process const found : {found_process::gone, found_process::other_boot}) {
            supervised_machine gone(policy_of(policy));
            BOOST_TEST(gone.recall(memory, found) == "launch", cause);
            BOOST_TEST(gone.status() == "starting (asked by the operator)", cause);
        }
    }
}

BOOST_DATA_TEST_CASE(and_was_going_down_with_its_host_starts_with_it, data::make(all_policies), policy)
{
    for (char const* const cause : {"", "guest-shutdown", "host-qmp-quit", "host-signal"}) {
        auto memory = wished_up_during(work_under_way::host_shutdown);
        memory.shutdown_cause = cause;
        supervised_machine alive(policy_of(policy));
        BOOST_TEST(alive.recall(memory, found_process::alive) == "shut down within 75000 ms", cause);
        BOOST_TEST(alive.ended(end_by(end_reason::guest_shutdown)) == "", cause);
        supervised_machine gone(policy_of(policy));
        BOOST_TEST(gone.recall(memory, found_process::gone) == "", cause);
        for (auto* const each : {&alive, &gone}) {
            BOOST_TEST(each->status() == "stopped (the host is shutting down)", cause);
            BOOST_TEST(each->memory() == "up", cause);
            BOOST_TEST(each->after(1h) == "", cause);
            supervised_machine next(policy_of(policy));
            BOOST_TEST(next.recall(each->rules.memory(), found_process::other_boot) == "launch", cause);
        }
        supervised_machine booted(policy_of(policy));
        BOOST_TEST(booted.recall(memory, found_process::other_boot) == "launch", cause);
    }
}

BOOST_AUTO_TEST_CASE(and_was_going_down_with_its_host_does_not_run_where_it_was_migrated_from)
{
    auto memory = wished_up_during(work_under_way::host_shutdown);
    memory.is_migrated = true;
    supervised_machine vm;
    BOOST_TEST(vm.recall(memory, found_process::other_boot) == "");
    BOOST_TEST(vm.status() == "stopped (the guest was migrated away)");
}

BOOST_DATA_TEST_CASE(and_was_about_to_be_launched_is_launched, data::make(all_policies), policy)
{
    supervised_machine before(policy_of(policy));
    before.start();
    supervised_machine vm(policy_of(policy));
    vm.recall(before.rules.memory(), found_process::gone);
    vm.wait();  // unless it was launched at once
    BOOST_TEST((vm.rules.status().state == lifecycle::starting));
    supervised_machine later(policy_of(policy));
    before.connected();
    BOOST_TEST(later.recall(before.rules.memory(), found_process::gone) == "");  // it had started: its policy decides
    BOOST_TEST((later.rules.status().state == lifecycle::stopped) == (policy == restart_policy::never));
}

BOOST_AUTO_TEST_CASE(and_was_being_restarted_can_be_stopped)
{
    supervised_machine vm;
    vm.recall(wished_up_during(work_under_way::restart), found_process::alive);
    vm.stop();
    BOOST_TEST(vm.memory() == "down");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
}

BOOST_AUTO_TEST_CASE(is_not_restarted_against_its_operators_wish)
{
    machine_memory memory;
    memory.under_way = work_under_way::restart;
    for (found_process const found : {found_process::gone, found_process::other_boot}) {
        supervised_machine vm;
        BOOST_TEST(vm.recall(memory, found) == "");
        BOOST_TEST(vm.status() == "stopped (asked by the operator)");
    }
    supervised_machine vm;
    vm.recall(memory, found_process::alive);
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
}

BOOST_AUTO_TEST_CASE(has_all_its_time_once_more_to_end)
{
    supervised_machine vm;
    vm.recall(wished_up_during(work_under_way::restart), found_process::alive);
    BOOST_TEST(vm.after(74s) == "");
    BOOST_TEST(vm.after(1s) == "kill");
}

BOOST_AUTO_TEST_CASE(is_recalled_only_once)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(vm.recall(wished_up(), found_process::gone) == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

// ---- The record ------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(has_a_record_that_is_one_line_of_json)
{
    BOOST_TEST(to_string(record_of(wished_up())) ==
               R"({"format":2,"needs":1,"wish":"up","boot-id":"9e4b2c0a-6a52-4f0e-8e0e-0d0c0b0a0908"})");
    auto memory = wished_up("guest-shutdown");
    memory.is_held = memory.is_migrated = memory.is_out_of_space = memory.is_given_up = true;
    BOOST_TEST(to_string(record_of(memory)) ==
               R"({"format":2,"needs":1,"wish":"up","boot-id":"9e4b2c0a-6a52-4f0e-8e0e-0d0c0b0a0908",)"
               R"("shutdown-cause":"guest-shutdown","held":true,"out-of-space":true,"migrated":true,"given-up":true})");
    BOOST_TEST(to_string(record_of(wished_up_during(work_under_way::restart))) ==
               R"({"format":2,"needs":2,"wish":"up","boot-id":"9e4b2c0a-6a52-4f0e-8e0e-0d0c0b0a0908","under-way":"restart"})");
}

BOOST_AUTO_TEST_CASE(has_a_record_that_is_read_as_it_was_written)
{
    for (unsigned bits = 0; bits < 256; ++bits) {
        machine_memory memory;
        memory.wish = (bits & 1U) != 0 ? machine_wish::up : machine_wish::down;
        memory.shutdown_cause = (bits & 2U) != 0 ? "host-\"\xc3\xa4\n" : "";
        memory.is_held = (bits & 4U) != 0;
        memory.is_out_of_space = (bits & 8U) != 0;
        memory.is_migrated = (bits & 16U) != 0;
        memory.is_given_up = (bits & 32U) != 0;
        memory.under_way = static_cast<work_under_way>(bits >> 6U);
        memory_record const record = record_of(memory);
        BOOST_TEST((parse_memory_record(to_string(record)) == record));
    }
}

BOOST_AUTO_TEST_CASE(has_a_record_that_is_rejected_if_anything_is_wrong)
{
    for (char const* const text : {
             "",
             "{",
             "[]",
             "null",
             "\"up\"",
             "{}",
             R"({"format":1,"needs":1,"wish":"up"})",
             R"({"needs":1,"wish":"up","boot-id":"b"})",
             R"({"format":1,"wish":"up","boot-id":"b"})",
             R"({"format":0,"needs":0,"wish":"up","boot-id":"b"})",
             R"({"format":"1","needs":1,"wish":"up","boot-id":"b"})",
             R"({"format":1,"needs":2,"wish":"up","boot-id":"b"})",
             R"({"format":1,"needs":-1,"wish":"up","boot-id":"b"})",
             R"({"format":1,"needs":1,"wish":"sideways","boot-id":"b"})",
             R"({"format":1,"needs":1,"wish":true,"boot-id":"b"})",
             R"({"format":1,"needs":1,"boot-id":"b"})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":""})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":7})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":"b","held":1})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":"b","migrated":"yes"})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":"b","shutdown-cause":""})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":"b","shutdown-cause":null})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":"b","mood":"fine"})",
             R"({"format":2,"needs":2,"wish":"up","boot-id":"b","mood":"fine"})",
             R"({"format":2,"needs":2,"wish":"up","boot-id":"b","under-way":"none"})",
             R"({"format":2,"needs":2,"wish":"up","boot-id":"b","under-way":"holiday"})",
             R"({"format":2,"needs":2,"wish":"up","boot-id":"b","under-way":true})",
             R"({"format":1,"needs":1,"wish":"up","boot-id":"b"} {})",
         })
        BOOST_TEST(rejection(text) != "accepted", text);
    BOOST_TEST(rejection(R"({"format":1,"needs":1,"wish":"sideways","boot-id":"b"})") ==
               "not a record of a machine's wish: \"wish\" is missing or invalid");
    BOOST_TEST(rejection(R"({"format":1,"needs":1,"wish":"up","boot-id":"b","mood":"fine"})") ==
               "not a record of a machine's wish: \"mood\" is unknown");
}

BOOST_AUTO_TEST_CASE(has_a_record_that_can_be_cut_nowhere)
{
    std::string const whole = to_string(record_of(wished_up("guest-shutdown")));
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(rejection(whole.substr(0, size)) != "accepted");
}

BOOST_AUTO_TEST_CASE(has_a_record_that_survives_a_downgrade)
{
    std::string const newer = R"({"format":3,"needs":1,"wish":"up","boot-id":"b","mood":{"now":"fine"}})";
    auto record = parse_memory_record(newer);
    BOOST_TEST((record.memory == wished_up()));
    record.memory.wish = machine_wish::down;
    BOOST_TEST(to_string(record) == R"({"format":3,"needs":1,"wish":"down","boot-id":"b","mood":{"now":"fine"}})");
}

BOOST_AUTO_TEST_CASE(has_a_record_that_an_older_version_does_not_act_on_if_it_must_not)
{
    BOOST_TEST(rejection(R"({"format":4,"needs":3,"wish":"up","boot-id":"b","on-loan":true})") ==
               "not a record of a machine's wish: this version of coqmp is too old for it: it needs format 3, not 2");
}

BOOST_AUTO_TEST_CASE(has_a_record_that_a_version_without_work_under_way_acts_on_if_there_is_none)
{
    for (auto const what :
         {work_under_way::none, work_under_way::launch, work_under_way::restart, work_under_way::host_shutdown}) {
        bool const is_for_all = to_string(record_of(wished_up_during(what))).find(R"("needs":1)") != std::string::npos;
        BOOST_TEST(is_for_all == (what == work_under_way::none), what);
    }
    auto const older = parse_memory_record(R"({"format":1,"needs":1,"wish":"up","boot-id":"b"})");
    BOOST_TEST((older.memory == wished_up()));
    BOOST_TEST(to_string(older) == R"({"format":2,"needs":1,"wish":"up","boot-id":"b"})");
}

BOOST_AUTO_TEST_SUITE_END()
