// `:wait JOB`, in scripts and at a terminal.
#include "script.hpp"
#include "support/real_qemu.hpp"
#include "terminal.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

/// A QEMU that copies 64 MiB of nothing, so slowly that it never gets there by itself.
struct slow_job
{
    real_qemu qemu;
    std::string const address = qemu.monitor().path();

    slow_job()
    {
        BOOST_REQUIRE(run({address, "-c", "blockdev-add driver=null-co node-name=source size=67108864 read-zeroes=on", "-c",
                           "blockdev-add driver=null-co node-name=target size=67108864", "-c",
                           "blockdev-backup job-id=copy device=source target=target sync=full speed=65536"})
                          .status == 0);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(jobs, slow_job)

BOOST_AUTO_TEST_CASE(a_script_waits_for_a_job_to_end)
{
    outcome const came = run({address, "-c", "block-job-set-speed device=copy speed=0", "-c", ":wait copy", "-c", "query-jobs"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    BOOST_TEST(came.output == "{}\n[]\n");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_cancelled_has_failed)
{
    outcome const came = run({address, "-c", "block-job-cancel device=copy force=on", "-c", ":wait copy"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors == "qmp-shell: command 2: copy was cancelled\n");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_not_there_is_an_error)
{
    outcome const came = run({address, "-c", ":wait nothing"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors == "qmp-shell: there is no job \"nothing\"\n");
}

// Without negotiation QEMU refuses every command, as an old QEMU or a monitor with a list of allowed commands refuses this one.
BOOST_AUTO_TEST_CASE(a_wait_ends_at_once_where_jobs_cannot_be_asked_for)
{
    outcome const came = run({"-N", address, "-c", ":wait copy"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.output == "");
    BOOST_TEST(came.errors.starts_with("qmp-shell: copy cannot be waited for, because QEMU refuses query-jobs: "));
    BOOST_TEST(contains(came.errors, "qmp_capabilities"));
}

BOOST_AUTO_TEST_CASE(a_state_can_be_waited_for)
{
    outcome const came = run({address, "-c", ":wait copy running", "-c", "query-status"});
    BOOST_TEST(came.status == 0);
}

BOOST_AUTO_TEST_CASE(a_job_that_becomes_ready_ends_the_wait)
{
    std::string const other = qemu.directory() / "other";
    std::vector<std::string> arguments = real_qemu::no_machine();
    arguments.insert(arguments.end(), {"-qmp", "unix:" + other + ",server=on,wait=off"});
    real_qemu const mirroring(arguments);
    std::string const there = mirroring.monitor().path();
    BOOST_TEST(run({there, "-c", "blockdev-add driver=null-co node-name=source size=67108864 read-zeroes=on", "-c",
                    "blockdev-add driver=null-co node-name=target size=67108864", "-c",
                    "blockdev-mirror job-id=twin device=source target=target sync=full speed=65536"})
                   .status == 0);
    script shell({there});
    shell.write(":trace on\n:wait twin\n");
    shell.expect("<- {\"return\": [{");  // it has been looked at
    BOOST_TEST(run({other, "-c", "block-job-set-speed device=twin speed=0"}).status == 0);
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.errors, "twin is ready: job-complete id=twin ends it\n"));
    // It is ready when this wait begins: the same.
    outcome const late = run({there, "-c", ":wait twin"});
    BOOST_TEST(late.status == 0);
    BOOST_TEST(late.errors == "twin is ready: job-complete id=twin ends it\n");
    // A user who has said how the job shall end waits for that.
    outcome const whole = run({there, "-c", "job-complete id=twin", "-c", ":wait twin", "-c", "query-jobs"});
    BOOST_TEST(whole.status == 0);
    BOOST_TEST(whole.errors == "");
    BOOST_TEST(whole.output == "{}\n[]\n");
}

BOOST_AUTO_TEST_CASE(a_pending_job_ends_the_wait_until_it_is_finalized)
{
    outcome const came =
        run({address, "-c", "block-job-cancel device=copy force=on", "-c",
             "blockdev-backup job-id=held device=source target=target sync=full auto-finalize=off", "-c", ":wait held", "-c",
             ":wait held", "-c", "job-finalize id=held", "-c", ":wait held", "-c", "query-jobs"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors ==
               "held is pending: job-finalize id=held ends it\n"
               "held is pending: job-finalize id=held ends it\n");
    BOOST_TEST(came.output == "{}\n{}\n{}\n[]\n");
}

BOOST_AUTO_TEST_CASE(a_state_that_does_not_exist_is_refused)
{
    outcome const mistyped = run({address, "-c", ":wait copy reday"});
    BOOST_TEST(mistyped.status == 2);
    BOOST_TEST(mistyped.errors == "qmp-shell: there is no job state reday (did you mean ready?)\n");
    outcome const unknown = run({address, "-c", ":wait copy foo"});
    BOOST_TEST(unknown.status == 2);
    BOOST_TEST(contains(unknown.errors, "there is no job state foo: the states are created, running, "));
}

BOOST_AUTO_TEST_CASE(a_state_that_the_job_skipped_is_reported)
{
    outcome const came = run({address, "-c", "block-job-set-speed device=copy speed=0", "-c", ":wait copy ready"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors == "qmp-shell: command 2: copy has ended and was never seen ready\n");
}

BOOST_AUTO_TEST_CASE(a_job_that_failed_before_the_session_is_not_forgotten_when_it_is_dismissed)
{
    BOOST_TEST(
        run({address, "--keep-going", "-c", "block-job-cancel device=copy force=on", "-c", ":wait copy", "-c",
             R"(blockdev-add driver=blkdebug node-name=bad image=target inject-error=[{"event": "none", "iotype": "write"}])",
             "-c", "blockdev-add driver=null-co node-name=full size=67108864 read-zeroes=off", "-c",
             "blockdev-backup job-id=failed device=full target=bad sync=full auto-dismiss=off", "-c",
             "blockdev-backup job-id=good device=source target=target sync=full auto-dismiss=off", "-c", ":wait good"})
            .status == 1);
    outcome const failed = run({address, "-c", "job-dismiss id=failed", "-c", ":wait failed"});
    BOOST_TEST(failed.status == 1);
    BOOST_TEST(failed.errors == "qmp-shell: command 2: failed failed: Input/output error\n");
    outcome const good = run({address, "-c", "block-job-dismiss id=good", "-c", ":wait good"});
    BOOST_TEST(good.status == 0);
    BOOST_TEST(good.errors == "");
}

BOOST_AUTO_TEST_CASE(a_job_that_the_human_monitor_ends_is_ended_by_this_session)
{
    std::string const mirror = "blockdev-mirror device=source target=target sync=full job-id=twin";
    outcome const came =
        run({address, "--keep-going", "-c", ":hmp block_job_cancel -f copy", "-c", ":wait copy", "-c", mirror, "-c",
             ":wait twin ready", "-c", ":hmp block_job_complete twin", "-c", ":wait twin", "-c", "query-jobs"});
    BOOST_TEST(came.errors == "qmp-shell: command 2: copy was cancelled\n");
    BOOST_TEST(came.output.ends_with("[]\n"));
}

BOOST_AUTO_TEST_CASE(a_state_that_the_job_is_beyond_is_not_waited_for)
{
    std::string const backup = "blockdev-backup device=source target=target sync=full ";
    BOOST_TEST(run({address, "--keep-going", "-c", "block-job-cancel device=copy force=on", "-c", ":wait copy", "-c",
                    backup + "job-id=held auto-finalize=off", "-c", ":wait held pending"})
                   .status == 1);
    outcome const pending = run({address, "-c", ":wait held ready"});
    BOOST_TEST(pending.status == 1);
    BOOST_TEST(pending.errors == "qmp-shell: held is pending already and can no longer become ready\n");
    outcome const passed = run({address, "-c", ":wait held waiting", "-c", ":wait held running", "-c", "job-finalize id=held"});
    BOOST_TEST(passed.status == 0);
    outcome const seen = run({address, "-c", backup + "job-id=kept auto-dismiss=off", "-c", ":wait kept ready"});
    BOOST_TEST(seen.errors == "qmp-shell: command 2: kept has ended and was never seen ready\n");
    outcome const concluded = run({address, "-c", ":wait kept ready"});
    BOOST_TEST(concluded.status == 1);
    BOOST_TEST(concluded.errors == "qmp-shell: kept has ended and was never seen ready\n");
}

BOOST_AUTO_TEST_CASE(a_state_that_was_seen_counts_when_the_job_has_ended)
{
    std::string const mirror = "blockdev-mirror device=source target=target sync=full job-id=twin";
    std::string const backup = "blockdev-backup device=source target=target sync=full job-id=twin";
    outcome const came = run({address, "--keep-going",
                              "-c",    "block-job-cancel device=copy force=on",
                              "-c",    ":wait copy",
                              "-c",    mirror,
                              "-c",    ":wait twin ready",
                              "-c",    "job-complete id=twin",
                              "-c",    ":wait twin",
                              "-c",    ":wait twin ready",
                              "-c",    backup,
                              "-c",    ":wait twin ready"});
    BOOST_TEST(came.errors ==
               "qmp-shell: command 2: copy was cancelled\n"
               "qmp-shell: command 9: twin has ended and was never seen ready\n");
}

BOOST_AUTO_TEST_CASE(a_wait_for_a_job_has_a_limit)
{
    outcome const came = run({address, "-c", ":wait copy --timeout 0.01"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors == "qmp-shell: copy is still running after 0.01 s\n");
    outcome const stuck = [this] {
        script shell({address});
        shell.write("query-status\n:trace on\n:wait copy ready --timeout 0.3\n");
        shell.expect("<- {\"return\": [{");
        qemu.stop();
        outcome result = shell.finish();
        qemu.resume();
        return result;
    }();
    BOOST_TEST(stuck.status == 1);
    BOOST_TEST(contains(stuck.errors, "copy is still running after 0.3 s\n"));
    BOOST_TEST(run({address, "-c", "block-job-set-speed device=copy speed=0", "-c", ":wait --timeout 60 copy"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_job_that_an_error_has_paused_is_reported)
{
    outcome const came =
        run({address, "--keep-going", "-c", "block-job-cancel device=copy force=on", "-c",
             R"(blockdev-add driver=blkdebug node-name=bad image=target inject-error=[{"event": "none", "iotype": "write"}])",
             "-c", "blockdev-add driver=null-co node-name=full size=67108864 read-zeroes=off", "-c",
             "blockdev-backup job-id=stuck device=full target=bad sync=full on-target-error=stop", "-c", ":wait stuck", "-c",
             "block-job-cancel device=stuck force=on", "-c", ":wait stuck"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors ==
               "qmp-shell: command 5: stuck is paused because of an I/O error: block-job-resume device=stuck goes "
               "on, block-job-cancel device=stuck force=on gives up\n"
               "qmp-shell: command 7: stuck was cancelled\n");
}

BOOST_AUTO_TEST_CASE(a_bar_shows_how_far_it_is_until_it_ends)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type(":wait copy\r");
    shell.expect([](screen_model const& screen) { return contains(screen.text(), "copy ["); }, "a bar");
    shell.type(control_c);  // the wait, not the job
    shell.expect("copy: running");
    shell.expect_line("(QEMU)");
    shell.type("block-job-set-speed device=copy speed=0\r:wait copy\r");
    shell.expect([](screen_model const& screen) { return contains(screen.text(), "BLOCK_JOB_COMPLETED"); }, "the end of the job");
    shell.expect_line("(QEMU)");
    // The bar has gone.
    auto const rows = shell.screen().rows();
    BOOST_TEST(std::count_if(rows.begin(), rows.end(), [](std::string const& row) { return contains(row, "copy ["); }) == 0);
}

BOOST_AUTO_TEST_CASE(a_wait_can_be_suspended_and_what_is_typed_then_stands_there_once)
{
    terminal shell({address}, qemu.directory(), {}, control_of_jobs::there);
    shell.expect_line("(QEMU)");
    shell.type(":wait copy\r");
    shell.expect([](screen_model const& screen) { return contains(screen.text(), "copy ["); }, "a bar");
    shell.type("\x1A");  // Ctrl-Z
    shell.wait_until_stopped();
    BOOST_TEST(shell.is_as_usual());
    std::size_t const before = shell.written().size();
    shell.signal(SIGCONT);
    shell.expect([&](screen_model const&) { return contains(shell.written().substr(before), "copy ["); }, "the bar again");
    BOOST_TEST(!shell.is_as_usual());
    shell.type(control_c);
    shell.expect("copy: running");
    shell.expect_line("(QEMU)");
    shell.type("query-name\r");  // the kernel would echo it as well
    shell.expect("{}");
    auto const rows = shell.screen().rows();
    BOOST_TEST(std::count_if(rows.begin(), rows.end(), [](std::string const& row) { return contains(row, "query-name"); }) == 1);
}

BOOST_AUTO_TEST_CASE(who_begins_a_job_is_told_once_how_to_wait_for_it)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    for (std::string const name : {"one", "other"}) {
        shell.type("blockdev-add driver=null-co size=67108864 read-zeroes=on node-name=" + name + "\r");
        shell.expect("{}");
        shell.expect_line("(QEMU)");
    }
    std::string const mirror = "blockdev-mirror device=one target=other sync=full speed=65536 job-id=";
    shell.type(mirror + "first\r");
    shell.expect("A job has begun: `:wait first` shows how far it is");
    shell.expect_line("(QEMU)");
    shell.type("block-job-cancel device=first force=on\r");
    shell.expect("BLOCK_JOB_CANCELLED");
    shell.expect_line("(QEMU)");
    shell.type(mirror + "second\r");
    shell.expect("{}");
    shell.expect_line("(QEMU)");
    BOOST_TEST(!contains(shell.screen().text(), ":wait second"));
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_at_once_is_reported)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("blockdev-create job-id=wrong options={'driver':'file','filename':'/nowhere/x','size':512}\r");
    shell.expect("The job has failed: `:wait wrong` shows why");
    shell.expect_line("(QEMU)");
    shell.type(":wait wrong\r");
    shell.expect("Could not create '/nowhere/x'");
}

BOOST_AUTO_TEST_CASE(the_id_of_a_job_is_completed)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("job-pause id=c");
    shell.type(tab);
    shell.expect_line("(QEMU) job-pause id=copy");
    shell.type("\x15:wait copy rea\t");  // Ctrl-U first
    shell.expect_line("(QEMU) :wait copy ready");
}

BOOST_AUTO_TEST_SUITE_END()
