// Carrying out what the rules of supervision ask for, with a process, a disk and a clock that the test controls.
#include "supervisor/machine_driver.hpp"

#include "support/driven_machine.hpp"
#include "support/proxied_monitor.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/error.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::reply;
using namespace coqmp::detail;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// A client of a proxy, which may do anything.
class proxy_client
{
public:
    explicit proxy_client(asio::io_context& context) : proxy(context, allowing_all()), context_(context)
    {
        address_ = proxy.listen(coqmp::endpoint::unix_socket((directory_.path() / "proxy").native()));
        connect();
    }

    void connect()
    {
        has_ended = is_ready_ = false;
        session_.emplace(context_);
        session_->async_connect(*address_, [this](error_code error) {
            BOOST_TEST(!error);
            is_ready_ = true;
            session_->async_wait_closed([this](error_code, coqmp::session_end const&) { has_ended = true; });
            for (std::string const& each : std::exchange(waiting_, {}))
                execute(each);
        });
    }

    /// As soon as it is connected.
    void send(std::string const& name)
    {
        if (is_ready_)
            return execute(name);
        waiting_.push_back(name);
    }

private:
    temporary_directory directory_;

public:
    coqmp::monitor_proxy proxy;
    int answers = 0;
    int errors = 0;
    bool has_ended = false;

private:
    void execute(std::string const& name)
    {
        session_->async_execute(coqmp::command(name), [this](error_code error, reply const& what) {
            BOOST_TEST(!error);
            ++answers;
            errors += what.has_error() ? 1 : 0;
        });
    }

    asio::io_context& context_;
    std::optional<coqmp::endpoint> address_;
    std::optional<coqmp::session> session_;
    bool is_ready_ = false;
    names waiting_;
};

error_code disk_is_full()
{
    return make_error_code(boost::system::errc::no_space_on_device);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_driver_of_a_machine, driven_machine, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(stores_a_wish_before_it_acts_on_it)
{
    driver->start();
    settle();
    BOOST_REQUIRE(disk->records.size() == 1U);
    BOOST_TEST((disk->records.front().memory.wish == machine_wish::up));
    BOOST_TEST(!disk->records.front().boot_id.empty());
    BOOST_TEST(owner.launches == 0);
    BOOST_TEST(owner.expected == 1);  // those that start after it know of it already
    disk->finish();
    settle();
    BOOST_TEST(owner.launches == 1);
    BOOST_TEST(driver->status().state == lifecycle::starting);
}

BOOST_AUTO_TEST_CASE(launches_nothing_while_the_wish_cannot_be_stored)
{
    driver->start();
    disk->finish(disk_is_full());
    settle();
    BOOST_TEST(owner.launches == 0);
    BOOST_TEST(owner.log.size() == 1U);
    BOOST_TEST(driver->status().state == lifecycle::starting);

    for (int attempt = 0; attempt < 20; ++attempt) {  // however long that takes, the machine is not given up
        time.advance(5s);
        settle();
        disk->finish(disk_is_full());
        settle();
    }
    BOOST_TEST(owner.log.size() == 1U);
    BOOST_TEST(driver->status().state == lifecycle::starting);

    time.advance(5s);  // it tries again
    settle();
    save_all();
    BOOST_TEST(owner.launches == 1);
    driver->granted();
    process->connect();
    run_until([this] { return driver->status().state == lifecycle::running; });
}

BOOST_AUTO_TEST_CASE(withdraws_a_start_that_waits_for_the_disk)
{
    driver->start();
    disk->finish(disk_is_full());
    settle();
    driver->stop(5s, nullptr);
    save_all();
    BOOST_TEST(owner.launches == 0);
    BOOST_TEST(driver->status().state == lifecycle::stopped);
    time.advance(60s);
    save_all();
    BOOST_TEST(owner.launches == 0);
}

BOOST_AUTO_TEST_CASE(launches_once_a_disk_that_was_slow_at_boot_has_answered)
{
    memory_record wanted;
    wanted.memory.wish = machine_wish::up;
    wanted.boot_id = "another";
    driver->recall(wanted, found_process::other_boot, std::nullopt);
    settle();
    for (int second = 0; second < 45; ++second) {
        time.advance(1s);
        settle();
    }
    BOOST_TEST(owner.launches == 0);
    BOOST_TEST(driver->status().state == lifecycle::starting);
    save_all();
    BOOST_TEST(owner.launches == 1);
}

BOOST_AUTO_TEST_CASE(stops_a_machine_while_the_wish_cannot_be_stored)
{
    run_machine();
    driver->stop(5s, nullptr);
    disk->finish(disk_is_full());
    settle();
    BOOST_TEST(process->done == (names{"launch", "shut down"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(withdraws_a_start_that_waits_for_its_turn)
{
    driver->start();
    save_all();
    owner.is_waiting = true;
    bool is_stopped = false;
    auto stopped = [&is_stopped](error_code error, coqmp::machine_end const& /*how*/) {
        BOOST_TEST(!error);
        is_stopped = true;
    };
    stop_wait::handler_type handler(std::move(stopped), context.get_executor());
    driver->stop(std::nullopt, std::make_shared<stop_wait>(std::move(handler)));
    save_all();
    BOOST_TEST(is_stopped);
    BOOST_TEST(owner.ends == 1);
    BOOST_TEST(process->done.empty());
    BOOST_TEST(driver->status().state == lifecycle::stopped);
}

BOOST_AUTO_TEST_CASE(sends_a_clients_stop_when_it_is_on_the_disk)
{
    run_machine();
    std::optional<reply> answer;
    auto answered = [&answer](error_code error, reply const& what) {
        BOOST_TEST(!error);
        answer = what;
    };
    machine_driver::reply_handler handler(std::move(answered), context.get_executor());
    driver->execute(coqmp::command("stop"), std::move(handler));
    settle();
    BOOST_TEST(process->qemu.count("stop") == 0U);
    BOOST_REQUIRE(!disk->waiting.empty());
    BOOST_TEST(disk->records.back().memory.is_held);
    disk->finish();
    run_until([&answer] { return answer.has_value(); });
    BOOST_TEST(process->qemu.count("stop") == 1U);
    run_until([this] { return driver->status().state == lifecycle::paused; });
    BOOST_TEST(driver->status().reason == lifecycle_reason::by_client);
}

BOOST_AUTO_TEST_CASE(does_not_send_a_clients_stop_that_cannot_be_stored_or_was_cancelled)
{
    run_machine();
    asio::cancellation_signal signal;
    std::vector<error_code> results;
    auto const answered = [&results](error_code error, reply const& what) {
        BOOST_TEST(!what.was_sent());
        results.push_back(error);
    };
    driver->execute(coqmp::command("stop"), {answered, context.get_executor()});
    settle();
    disk->finish(disk_is_full());
    settle();
    BOOST_REQUIRE(results.size() == 1U);
    BOOST_TEST((results[0] == coqmp::errc::not_sent));

    time.advance(5s);
    settle();
    auto cancellable = asio::bind_cancellation_slot(signal.slot(), answered);
    driver->execute(coqmp::command("stop"), {std::move(cancellable), context.get_executor()});
    settle();
    signal.emit(asio::cancellation_type::terminal);
    settle();
    BOOST_REQUIRE(results.size() == 2U);
    BOOST_TEST(results[1] == asio::error::operation_aborted);
    save_all();
    BOOST_TEST(process->qemu.count("stop") == 0U);
    BOOST_TEST(driver->status().state == lifecycle::running);
}

BOOST_AUTO_TEST_CASE(gives_up_a_command_that_waits_for_the_disk_longer_than_its_timeout)
{
    run_machine();
    std::vector<error_code> results;
    auto const answered = [&results](error_code error, reply const& what) {
        BOOST_TEST(!what.was_sent());
        results.push_back(error);
    };
    driver->execute(coqmp::command("stop").timeout(2s), {answered, context.get_executor()});
    driver->execute(coqmp::command("query-name").timeout(1s), {answered, context.get_executor()});
    settle();
    time.advance(1s);
    settle();
    BOOST_TEST(results.size() == 1U);
    time.advance(1s);
    settle();
    BOOST_REQUIRE(results.size() == 2U);
    for (error_code const& each : results) {
        BOOST_TEST((each == coqmp::errc::timed_out));
        BOOST_TEST((each == coqmp::errc::not_sent));
    }
    save_all();
    BOOST_TEST(process->qemu.count("stop") == 0U);
    BOOST_TEST(process->qemu.count("query-name") == 0U);
    BOOST_TEST(driver->status().state == lifecycle::running);
    BOOST_TEST(!disk->records.back().memory.is_held);
}

BOOST_AUTO_TEST_CASE(sends_the_commands_of_a_proxys_client_in_their_order_and_a_stop_when_it_is_on_the_disk)
{
    run_machine();
    proxy_client client(context);
    driver->offer_monitor(impl_of(client.proxy));
    client.send("stop");
    client.send("query-name");
    settle();
    BOOST_TEST(process->qemu.count("stop") == 0U);
    BOOST_TEST(process->qemu.count("query-name") == 0U);
    BOOST_REQUIRE(!disk->waiting.empty());
    BOOST_TEST(disk->records.back().memory.is_held);
    save_all();
    run_until([&client] { return client.answers == 2; });
    BOOST_TEST(client.errors == 0);
    BOOST_TEST(process->qemu.count("stop") == 1U);
    run_until([this] { return driver->status().state == lifecycle::paused; });
    BOOST_TEST(driver->status().reason == lifecycle_reason::by_client);
}

BOOST_AUTO_TEST_CASE(refuses_a_stop_of_a_proxys_client_that_cannot_be_stored_and_keeps_the_client)
{
    run_machine();
    proxy_client client(context);
    driver->offer_monitor(impl_of(client.proxy));
    client.send("stop");
    run_until([this] { return !disk->waiting.empty(); });
    disk->finish(disk_is_full());
    run_until([&client] { return client.answers == 1; });
    BOOST_TEST(client.errors == 1);
    BOOST_TEST(process->qemu.count("stop") == 0U);
    client.send("query-name");
    run_until([&client] { return client.answers == 2; });
    BOOST_TEST(client.errors == 1);
    BOOST_TEST(client.proxy.client_count() == 1U);
}

BOOST_AUTO_TEST_CASE(takes_a_quit_of_a_proxys_client_for_a_stop_by_the_owner)
{
    run_machine();
    proxy_client client(context);
    driver->offer_monitor(impl_of(client.proxy));
    client.send("quit");
    run_until([this] { return !disk->waiting.empty(); });
    BOOST_TEST((disk->records.back().memory.wish == machine_wish::down));
    save_all();
    run_until([&client] { return client.answers == 1; });
    BOOST_TEST(process->qemu.count("quit") == 1U);
    process->end(coqmp::end_reason::external);
    save_all();
    BOOST_TEST(driver->status().state == lifecycle::stopped);
    BOOST_TEST(driver->status().reason == lifecycle_reason::by_operator);
}

BOOST_AUTO_TEST_CASE(gives_a_proxy_the_monitor_of_each_process)
{
    proxy_client client(context);  // before there is one
    driver->offer_monitor(impl_of(client.proxy));
    run_machine();
    client.send("query-name");
    run_until([&client] { return client.answers == 1; });
    process->end(coqmp::end_reason::guest_panic);
    save_all();
    run_until([&client] { return client.has_ended; });
    time.advance(1s);
    save_all();
    driver->granted();
    process->connect();
    run_until([this] { return driver->status().state == lifecycle::running; });
    client.connect();
    client.send("query-name");
    run_until([&client] { return client.answers == 2; });
    BOOST_TEST(client.errors == 0);
}

BOOST_AUTO_TEST_CASE(says_that_the_wish_of_a_machine_that_was_stopped_could_not_be_stored)
{
    run_machine();
    error_code result;
    auto const stopped = [&result](error_code error, coqmp::machine_end const& /*how*/) { result = error; };
    driver->stop(5s, std::make_shared<stop_wait>(stop_wait::handler_type(stopped, context.get_executor())));
    disk->finish(disk_is_full());
    settle();
    process->end(coqmp::end_reason::requested);
    settle();
    BOOST_TEST(result == disk_is_full());
    BOOST_TEST(driver->status().state == lifecycle::stopped);
}

BOOST_AUTO_TEST_CASE(does_not_mistake_a_slow_disk_for_a_silent_qemu)
{
    run_machine();
    auto const ignored = [](error_code /*error*/, reply const& /*what*/) {};
    driver->execute(coqmp::command("stop"), {ignored, context.get_executor()});
    settle();
    BOOST_REQUIRE(disk->waiting.size() == 1U);
    for (int second = 0; second < 60; ++second) {
        time.advance(1s);
        settle();
    }
    disk->finish();
    settle();
    BOOST_TEST(std::ranges::count(process->done, "kill") == 0);
    BOOST_TEST((driver->status().health == coqmp::liveness::responsive));
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_ever_for_a_disk_that_hangs)
{
    run_machine();
    driver->stop(5s, nullptr);
    settle();
    BOOST_TEST(std::ranges::count(process->done, "shut down") == 0);
    time.advance(10s);
    settle();
    BOOST_TEST(std::ranges::count(process->done, "shut down") == 1);
    process->end(coqmp::end_reason::requested);
    driver->start();
    settle();
    BOOST_TEST(owner.launches == 1);  // this wish cannot be stored
    disk->finish();                   // and now it can
    save_all();
    BOOST_TEST((disk->records.back().memory.wish == machine_wish::up));
    BOOST_TEST(owner.launches == 2);
}

BOOST_AUTO_TEST_CASE(completes_a_stop_when_its_own_process_ends)
{
    run_machine();
    names ended;
    auto const wait_named = [&](char const* name) {
        auto note = [&ended, name](error_code /*error*/, coqmp::machine_end const& /*how*/) { ended.emplace_back(name); };
        return std::make_shared<stop_wait>(stop_wait::handler_type(note, context.get_executor()));
    };
    driver->stop(5s, wait_named("first"));
    process->end(coqmp::end_reason::requested);  // while the disk is still busy
    driver->start();
    driver->stop(5s, wait_named("second"));
    BOOST_TEST(ended.empty());
    owner.is_waiting = false;
    save_all();
    BOOST_TEST(ended == names{"first"}, boost::test_tools::per_element());
    process->end(coqmp::end_reason::requested);
    save_all();
    BOOST_TEST(ended == (names{"first", "second"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(releases_a_machine_when_its_start_is_over)
{
    driver->start();
    save_all();
    driver->granted();
    error_code result = asio::error::would_block;
    driver->release({[&result](error_code error) { result = error; }, context.get_executor()}, false);
    settle();
    BOOST_TEST(owner.releases == 0);
    process->connect();
    run_until([this] { return owner.releases == 1; });
    BOOST_TEST(process->done == (names{"launch", "release"}), boost::test_tools::per_element());
    BOOST_TEST(driver->take_releases().size() == 1U);
    BOOST_TEST(driver->release_result() == error_code());
    BOOST_TEST(result == asio::error::would_block);  // until it is out of the table
}

BOOST_AUTO_TEST_CASE(leaves_a_machine_that_is_being_stopped_to_the_next_supervisor)
{
    run_machine();
    driver->stop(60s, nullptr);
    save_all();
    driver->release({[](error_code /*error*/) {}, context.get_executor()}, true);
    save_all();
    BOOST_TEST(owner.releases == 1);
    BOOST_TEST(process->done == (names{"launch", "shut down", "release"}), boost::test_tools::per_element());
    BOOST_TEST((disk->records.back().memory.wish == machine_wish::down));
}

BOOST_AUTO_TEST_CASE(follows_another_policy_from_the_next_decision_on)
{
    run_machine();
    coqmp::supervision_policy never;
    never.restart = coqmp::restart_policy::never;
    driver->apply(coqmp::machine_spec(), never);
    settle();
    BOOST_TEST(process->done.back() == "apply");
    BOOST_TEST(driver->status().state == lifecycle::running);
    process->end(coqmp::end_reason::guest_panic);
    save_all();
    BOOST_TEST(driver->status().state == lifecycle::failed);
}

BOOST_AUTO_TEST_CASE(gives_a_guest_that_crashes_while_it_shuts_down_time_for_its_dump)
{
    run_machine();
    coqmp::event crash;
    crash.name = "GUEST_CRASHLOADED";
    driver->happened(crash);
    BOOST_TEST(std::ranges::count(process->done, "extend") == 0);  // it is not being shut down
    driver->stop(60s, nullptr);
    save_all();
    driver->happened(crash);
    BOOST_TEST(std::ranges::count(process->done, "extend") == 1);
    time.advance(9min);
    settle();
    BOOST_TEST(std::ranges::count(process->done, "kill") == 0);
}

BOOST_AUTO_TEST_CASE(fails_a_command_at_once_when_the_machine_is_down)
{
    error_code result;
    auto answered = [&result](error_code error, reply const& what) {
        result = error;
        BOOST_TEST(!what.was_sent());
    };
    machine_driver::reply_handler handler(std::move(answered), context.get_executor());
    driver->execute(coqmp::command("query-status"), std::move(handler));
    settle();
    BOOST_TEST((result == coqmp::errc::not_sent));
}

BOOST_AUTO_TEST_CASE(launches_again_after_a_pause_when_a_process_has_failed)
{
    run_machine();
    process->end(coqmp::end_reason::guest_panic);
    save_all();
    BOOST_TEST(driver->status().state == lifecycle::backing_off);
    BOOST_TEST(owner.launches == 1);
    time.advance(1s);
    save_all();
    BOOST_TEST(owner.launches == 2);
}

BOOST_AUTO_TEST_SUITE_END()
