// Jobs of a real QEMU: images, failures, and other clients of the same machine.
#include "support/real_qemu.hpp"
#include "support/run.hpp"
#include "support/spawned.hpp"

#include <coqmp/job.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using coqmp::command;
using coqmp::errc;
using coqmp::job;
using coqmp::job_end;
using coqmp::job_outcome;
using coqmp::job_state;
using coqmp::session;
using namespace coqmp::test;
using namespace std::chrono_literals;
using asio::experimental::awaitable_operators::operator&&;

namespace {

void run_program(std::string const& line)
{
    BOOST_REQUIRE_MESSAGE(std::system(line.c_str()) == 0, line);
}

/// A QEMU without a machine, and a session with it.
struct laboratory
{
    explicit laboratory(asio::any_io_executor executor, std::vector<std::string> const& more = {})
        : qemu(arguments(more)), vm(std::move(executor))
    {}

    static std::vector<std::string> arguments(std::vector<std::string> const& more)
    {
        auto result = real_qemu::no_machine();
        result.insert(result.end(), more.begin(), more.end());
        return result;
    }

    asio::awaitable<void> begin() { co_await vm.async_connect(qemu.monitor()); }

    [[nodiscard]] std::string file(char const* name) const { return (qemu.directory() / name).native(); }

    /// Makes a qcow2 image. @param filled MiB of data @param backing the name of another image; empty: none
    void make_image(char const* name, int size, int filled, std::string const& backing = {}) const
    {
        std::string const under = backing.empty() ? "" : " -F qcow2 -b " + file(backing.c_str());
        run_program("qemu-img create -q -f qcow2" + under + ' ' + file(name) + ' ' + std::to_string(size) + 'M');
        if (filled > 0)
            run_program("qemu-io -c 'write -q -P 7 0 " + std::to_string(filled) + "M' " + file(name) + " > /dev/null");
    }

    asio::awaitable<void> add_image(std::string name)
    {
        json::object const below{{"driver", "file"}, {"filename", file(name.c_str())}};
        command const add = command("blockdev-add").with("driver", "qcow2").with("node-name", name).with("file", below);
        co_await vm.execute(add);
    }

    /// A disk without an image. @param reads_zeroes else its content is not known to be zero, and every byte is copied
    asio::awaitable<void> add_null(std::string name, bool reads_zeroes)
    {
        command add = command("blockdev-add").with("driver", "null-co").with("node-name", name);
        add.with("size", 64 << 20).with("read-zeroes", reads_zeroes);
        co_await vm.execute(add);
    }

    /// Two disks, and a command that mirrors one to the other.
    asio::awaitable<command> add_mirror(std::int64_t speed)
    {
        co_await add_null("source", true);
        co_await add_null("target", true);
        command mirror = command("blockdev-mirror").with("job-id", "m").with("device", "source");
        mirror.with("target", "target").with("sync", "full").with("speed", speed);
        co_return mirror;
    }

    asio::awaitable<std::size_t> count_jobs()
    {
        auto const all = co_await coqmp::find_jobs(vm);
        co_return all.size();
    }

    real_qemu qemu;
    session vm;
};

/// How a job fails.
asio::awaitable<job_end> end_of_run(job& subject)
{
    try {
        co_await subject.run();
    } catch (coqmp::job_failed const& failure) {
        co_return failure.end();
    }
    co_return job_end(job_outcome::completed);
}

asio::awaitable<std::vector<job_state>> states_of(job& subject)
{
    std::vector<job_state> seen;
    while (auto const progress = co_await subject.next_progress())
        if (seen.empty() || seen.back() != progress->state)
            seen.push_back(progress->state);
    co_return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jobs_of_qemu, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(a_mirror_copies_pivots_and_is_forgotten)
{
    laboratory lab(co_await this_coro::executor);
    lab.make_image("disk", 16, 8);
    lab.make_image("copy", 16, 0);
    co_await lab.begin();
    co_await lab.add_image("disk");
    co_await lab.add_image("copy");
    command const mirror = command("blockdev-mirror").with("device", "disk").with("target", "copy").with("sync", "full");
    job subject = co_await coqmp::start_job(lab.vm, mirror);
    BOOST_TEST(subject.id().starts_with("coqmp-mirror-"));
    auto const seen = co_await (states_of(subject) && subject.run());
    BOOST_TEST((seen.back() == job_state::concluded || seen.back() == job_state::null));
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
    co_await lab.vm.quit();
    lab.qemu.wait();
    run_program("qemu-img compare -q " + lab.file("disk") + ' ' + lab.file("copy"));
}

COROUTINE_TEST_CASE(a_mirror_is_controlled_step_by_step)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    command const mirror = co_await lab.add_mirror(0);
    job subject = co_await coqmp::start_job(lab.vm, mirror);
    job_state const state = co_await subject.wait_ready();
    BOOST_TEST(state == job_state::ready);
    co_await subject.pause();
    co_await subject.resume();
    co_await subject.complete();
    co_await subject.wait();
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_commit_of_the_active_layer_leaves_its_data_in_the_image_below)
{
    laboratory lab(co_await this_coro::executor);
    lab.make_image("base", 16, 2);
    lab.make_image("top", 16, 4, "base");
    co_await lab.begin();
    co_await lab.add_image("top");
    co_await coqmp::run_job(lab.vm, command("block-commit").with("device", "top"));
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
    co_await lab.vm.quit();
    lab.qemu.wait();
    run_program("qemu-img compare -q " + lab.file("base") + ' ' + lab.file("top"));
}

COROUTINE_TEST_CASE(a_backup_that_waits_to_be_finalized_is_finalized)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    co_await lab.add_null("source", true);
    co_await lab.add_null("target", true);
    command backup = command("blockdev-backup").with("device", "source").with("target", "target").with("sync", "full");
    backup.with("auto-finalize", false);
    job subject = co_await coqmp::start_job(lab.vm, backup);
    job_state const state = co_await subject.wait_ready();
    BOOST_TEST(state == job_state::pending);
    co_await subject.run();
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(an_image_is_created_and_a_failure_says_why)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    json::object options{{"driver", "file"}, {"filename", lab.file("new")}, {"size", 1 << 20}};
    co_await coqmp::run_job(lab.vm, command("blockdev-create").with("options", options));
    BOOST_TEST(std::filesystem::file_size(lab.file("new")) == 1U << 20);
    options["filename"] = lab.file("none") + "/new";
    command const impossible = command("blockdev-create").with("job-id", "c").with("options", options);
    job failing = co_await coqmp::start_job(lab.vm, impossible);
    job_end const end = co_await end_of_run(failing);
    BOOST_TEST(end.outcome == job_outcome::failed);
    BOOST_TEST(end.error.ends_with("No such file or directory"));
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_job_that_cannot_write_has_failed_with_the_error_of_qemu)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    co_await lab.add_null("source", false);
    co_await lab.add_null("target", true);
    json::array const faults{json::object{{"event", "none"}, {"iotype", "write"}, {"errno", 28}}};
    command const add = command("blockdev-add").with("driver", "blkdebug").with("node-name", "bad").with("image", "target");
    co_await lab.vm.execute(command(add).with("inject-error", faults));
    command const backup = command("blockdev-backup").with("device", "source").with("target", "bad").with("sync", "full");
    job failing = co_await coqmp::start_job(lab.vm, command(backup).with("job-id", "b"));
    job_end const end = co_await end_of_run(failing);
    BOOST_TEST((end == job_end(job_outcome::failed, "No space left on device")));
    job stopped = co_await coqmp::start_job(lab.vm, command(backup).with("on-target-error", "stop"));
    while (!stopped.progress().paused_by_error)
        co_await stopped.next_progress();
    job_end const cancelled = co_await stopped.async_cancel();
    BOOST_TEST(cancelled.outcome == job_outcome::cancelled);
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_target_that_is_too_small_is_refused_or_fails)
{
    laboratory lab(co_await this_coro::executor);
    lab.make_image("disk", 16, 8);
    lab.make_image("small", 8, 0);
    co_await lab.begin();
    co_await lab.add_image("disk");
    co_await lab.add_image("small");
    std::string caught;
    try {
        co_await coqmp::run_job(lab.vm,
                                command("blockdev-backup").with("device", "disk").with("target", "small").with("sync", "full"));
    } catch (boost::system::system_error const& failure) {
        caught = failure.what();
    }
    BOOST_TEST(!caught.empty());
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_cancelled_run_cancels_a_job_that_is_at_work)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    command const mirror = co_await lab.add_mirror(1);
    job subject = co_await coqmp::start_job(lab.vm, mirror);
    asio::cancellation_signal button;
    bool is_pressed = false;  // a second cancellation would end run() before the job
    auto const press = [&](coqmp::job_progress const& now) {
        if (now.state == coqmp::job_state::running && !std::exchange(is_pressed, true))
            button.emit(asio::cancellation_type::terminal);
    };
    spawned<void> ran(lab.vm.get_executor(), subject.run(press), button.slot());
    std::string const failure = co_await ran.failure();
    BOOST_TEST(failure.ends_with(" was cancelled"), failure);
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
    co_await lab.vm.execute(command("blockdev-del").with("node-name", "target"));  // no longer used
}

COROUTINE_TEST_CASE(a_job_that_is_ready_is_cancelled_and_does_not_pivot)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    command const mirror = co_await lab.add_mirror(0);
    job subject = co_await coqmp::start_job(lab.vm, mirror);
    co_await subject.wait_ready();
    job_end const end = co_await subject.async_cancel();
    BOOST_TEST(end.outcome == job_outcome::cancelled);
    job_end const again = co_await subject.async_cancel();
    BOOST_TEST(again.outcome == job_outcome::cancelled);
    auto const progress = subject.progress();
    BOOST_TEST(progress.current == progress.total);
}

COROUTINE_TEST_CASE(a_job_goes_on_without_its_object_and_is_found_again)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    command const mirror = co_await lab.add_mirror(1);
    {
        job const left_alone = co_await coqmp::start_job(lab.vm, mirror);
    }
    auto const found = co_await coqmp::find_jobs(lab.vm);
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].id == "m");
    BOOST_TEST(found[0].type == "mirror");
    job again = co_await coqmp::attach_job(lab.vm, found[0].id);
    co_await lab.vm.execute(command("block-job-set-speed").with("device", "m").with("speed", 0));
    co_await again.run();
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_job_that_ended_while_no_client_watched_still_says_how)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    json::object const options{{"driver", "file"}, {"filename", lab.file("none") + "/new"}, {"size", 1 << 20}};
    coqmp::event_filter const concluded = coqmp::event_filter("JOB_STATUS_CHANGE").with("status", "concluded");
    command const impossible = command("blockdev-create").with("job-id", "c").with("options", options);
    co_await lab.vm.execute_until(impossible, concluded);
    job late = co_await coqmp::attach_job(lab.vm, "c");
    job_end const end = co_await end_of_run(late);
    BOOST_TEST(end.outcome == job_outcome::failed);
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_job_that_another_client_cancels_ends_the_wait)
{
    temporary_directory directory;
    auto const other_address = coqmp::endpoint::unix_socket((directory.path() / "other").native());
    std::vector<std::string> const second_monitor{"-qmp", "unix:" + other_address.path() + ",server=on,wait=off"};
    laboratory lab(co_await this_coro::executor, second_monitor);
    co_await lab.begin();
    session other(lab.vm.get_executor());
    co_await other.async_connect(other_address);
    command const mirror = co_await lab.add_mirror(1);
    job subject = co_await coqmp::start_job(lab.vm, mirror);
    job theirs = co_await coqmp::attach_job(other, "m");
    co_await theirs.async_cancel();
    job_end const end = co_await end_of_run(subject);
    BOOST_TEST(end.outcome == job_outcome::cancelled);
}

COROUTINE_TEST_CASE(an_id_can_be_used_again_as_soon_as_a_job_has_ended)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    command const mirror = co_await lab.add_mirror(0);
    for (int times = 0; times < 5; ++times)
        co_await coqmp::run_job(lab.vm, mirror);
    std::size_t const left = co_await lab.count_jobs();
    BOOST_TEST(left == 0U);
}

COROUTINE_TEST_CASE(a_qemu_that_is_killed_ends_the_wait)
{
    laboratory lab(co_await this_coro::executor);
    co_await lab.begin();
    command const mirror = co_await lab.add_mirror(1);
    job subject = co_await coqmp::start_job(lab.vm, mirror);
    lab.qemu.signal(SIGKILL);
    auto const [error, end] = co_await subject.async_wait(asio::as_tuple(asio::deferred));
    BOOST_TEST((error == errc::disconnected));
}

BOOST_AUTO_TEST_SUITE_END()
