// Supervision without memory: a step that fails is done later, operations still end, and the thread that writes files survives.
#include "detail/awaited_result.hpp"
#include "machine/exit_waits.hpp"
#include "process/helper_thread.hpp"
#include "supervisor/directory_wish_store.hpp"
#include "support/driven_machine.hpp"
#include "support/scarce_memory.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/supervisor.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <filesystem>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::lifecycle;
using coqmp::machine_end;
using coqmp::reply;
using namespace coqmp::detail;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// Does something without memory for more than so many allocations. @return whether there was not enough
template <class Function>
bool try_with(std::size_t allocations, Function what)
{
    scarce_memory const scarce(allocations);
    try {
        what();
    } catch (std::bad_alloc const&) {
        return true;
    }
    return scarce.has_failed();
}

/// The thread that writes files has no memory.
class poor_files_thread
{
public:
    poor_files_thread()
    {
        helper_thread::for_files().run([this] { scarce_.emplace(0); });
    }
    poor_files_thread(poor_files_thread const&) = delete;
    poor_files_thread& operator=(poor_files_thread const&) = delete;
    ~poor_files_thread() { end(); }

    void end()
    {
        helper_thread::for_files().run([this] { scarce_.reset(); });
        helper_thread::for_files().catch_up();
    }

private:
    std::optional<scarce_memory> scarce_;
};

memory_record wanted_up()
{
    memory_record record;
    record.memory.wish = machine_wish::up;
    record.boot_id = "a-boot";
    return record;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervision, driven_machine, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(does_a_step_later_for_which_there_is_no_memory)
{
    bool is_short = true;
    for (std::size_t allocations = 0; is_short; ++allocations) {
        BOOST_TEST_CONTEXT("memory for " << allocations << " allocations")
        {
            driven_machine now;
            now.driver->start();
            now.settle();
            is_short = try_with(allocations, [&now] {
                now.disk->waiting.front()({});
                now.context.restart();
                now.context.poll();
            });
            now.disk->waiting.clear();
            for (int turn = 0; turn < 3; ++turn) {
                now.settle();
                now.time.advance(1s);
            }
            now.save_all();
            BOOST_TEST(now.owner.launches >= 1);  // the table knows that it is the same launch
            BOOST_TEST(now.driver->status().state == lifecycle::starting);
            now.driver->granted();
            now.process->connect();
            now.run_until([&now] { return now.driver->status().state == lifecycle::running; });
            now.driver->stop(-1ns, nullptr);
            now.save_all();
            BOOST_TEST(now.process->done.back() == "kill");
        }
    }
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_step_that_has_failed)
{
    driver->start();
    settle();
    owner.failure = std::runtime_error("that is why");  // of the next report
    save_all();
    BOOST_TEST(owner.launches == 1);
    BOOST_REQUIRE(!owner.log.empty());
    BOOST_TEST(owner.log.back().find("that is why") != std::string::npos);
    driver->granted();
    process->connect();
    run_until([this] { return driver->status().state == lifecycle::running; });
}

BOOST_AUTO_TEST_CASE(ends_the_operations_that_wait_without_memory)
{
    run_machine();
    std::vector<error_code> ends;
    auto const note = [&ends](error_code error, auto&&...) { ends.push_back(error); };
    auto const executor = context.get_executor();
    driver->stop(5s, std::make_shared<stop_wait>(stop_wait::handler_type(note, executor)));
    driver->release(machine_driver::release_handler(note, executor), false);
    driver->execute(coqmp::command("stop"), {note, executor});  // waits for the disk
    settle();
    ends.reserve(3);
    bool const is_short = try_with(0, [this] { driver->abandon(true); });
    BOOST_TEST(!is_short);
    settle();
    BOOST_TEST(ends.size() == 3U);
    for (error_code const& each : ends)
        BOOST_TEST(each.failed());
}

BOOST_AUTO_TEST_CASE(refuses_a_command_for_which_there_is_no_memory)
{
    run_machine();
    bool is_short = true;
    for (std::size_t allocations = 0; is_short; ++allocations) {
        BOOST_TEST_CONTEXT("memory for " << allocations << " allocations")
        {
            std::optional<error_code> result;
            auto const note = [&result](error_code error, reply const&) { result = error; };
            machine_driver::reply_handler handler(note, context.get_executor());
            coqmp::command request("cont");
            bool is_refused = false;
            is_short = try_with(allocations, [&] {
                try {
                    driver->execute(std::move(request), std::move(handler));
                } catch (std::bad_alloc const&) {
                    is_refused = true;
                }
            });
            run_until([&] { return result.has_value() || is_refused; });
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(without_memory)

BOOST_AUTO_TEST_CASE(the_waits_for_an_exit_complete)
{
    asio::io_context context;
    exit_waits waits;
    int told = 0;
    auto const note = [&told](error_code error, coqmp::exit_status status) { told += !error && status.exit_code == 3 ? 1 : 0; };
    for (int count = 0; count < 3; ++count)
        waits.add(std::make_shared<exit_wait>(exit_wait::handler_type(note, context.get_executor())));
    BOOST_TEST(!try_with(0, [&waits] { waits.complete_all({}, coqmp::exit_status{3, 0}); }));
    context.run();
    BOOST_TEST(told == 3);
}

BOOST_AUTO_TEST_CASE(a_supervisor_ends_and_its_readers_learn_it)
{
    asio::io_context context;
    std::optional<coqmp::supervisor> machines(std::in_place, context);
    machines->add("vm", coqmp::machine_spec());
    coqmp::change_stream changes = machines->subscribe();
    coqmp::machine_event_stream events = machines->subscribe_events();
    std::vector<error_code> ends;
    ends.reserve(3);
    changes.async_next([&ends](error_code error, coqmp::change const&) { ends.push_back(error); });
    events.async_next([&ends](error_code error, coqmp::machine_event const&) { ends.push_back(error); });
    bool is_short = true;
    asio::post(context, [&] { is_short = try_with(0, [&machines] { machines.reset(); }); });
    context.run();
    BOOST_TEST(!is_short);
    BOOST_REQUIRE(ends.size() == 2U);
    for (error_code const& each : ends)
        BOOST_TEST((each == coqmp::errc::end_of_stream));
}

BOOST_AUTO_TEST_CASE(a_wish_is_not_stored_and_the_program_goes_on)
{
    temporary_directory folder;
    asio::io_context context;
    auto const home = std::make_shared<revocable_executor>(context.get_executor());
    directory_wish_store store((folder.path() / "state").native());
    std::optional<error_code> saved;
    auto const result = std::make_shared<awaited_result<error_code>>(home, [&saved](error_code error) { saved = error; });
    poor_files_thread poor;
    store.save("vm", wanted_up(), [result](error_code error) { result->deliver(error); });
    poor.end();
    context.run();
    BOOST_REQUIRE(saved.has_value());
    BOOST_TEST(*saved == boost::system::errc::not_enough_memory);
    home->revoke();
}

BOOST_AUTO_TEST_CASE(a_machine_is_forgotten)
{
    temporary_directory folder;
    std::string const path = folder.path() / "state";
    asio::io_context context;
    auto const home = std::make_shared<revocable_executor>(context.get_executor());
    directory_wish_store store(path);
    store.save("vm", wanted_up(), [](error_code error) { BOOST_TEST(!error); });
    helper_thread::for_files().catch_up();
    BOOST_TEST(std::filesystem::exists(path + "/vm/wish"));
    bool is_forgotten = false;
    auto const result = std::make_shared<awaited_result<error_code>>(home, [&is_forgotten](error_code) { is_forgotten = true; });
    poor_files_thread poor;
    store.forget("vm", [result](error_code error) { result->deliver(error); });
    poor.end();
    context.run();
    BOOST_TEST(is_forgotten);
    BOOST_TEST(!std::filesystem::exists(path + "/vm"));
    home->revoke();
}

BOOST_AUTO_TEST_SUITE_END()
