// The files of a supervised machine: who may own them, how large its log gets, and who may hold its lock.
#include <coqmp/supervisor.hpp>

#include "process/helper_thread.hpp"
#include "process/process_identity.hpp"
#include "support/run.hpp"
#include "support/simulated_time.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/supervisor_options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::change;
using coqmp::change_stream;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::machine_spec;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t log_limit = 4096;

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const path = folder.path() / "state";
    coqmp::supervisor_options options;

    fixture()
    {
        options.directory = path;
        options.largest_log = log_limit;
        std::filesystem::create_directories(path / "vm");
        for (auto const& each : {path, path / "vm"})
            std::filesystem::permissions(each, std::filesystem::perms::owner_all);
    }

    /// A program that does something, and then becomes QEMU.
    [[nodiscard]] machine_spec wrapped(std::string const& before) const
    {
        auto const program = folder.path() / "wrapper";
        std::ofstream(program) << "#!/bin/sh\n" << before << "\nexec qemu-system-x86_64 \"$@\"\n";
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        auto spec = bare();
        spec.program = program;
        return spec;
    }

    /// As if an earlier supervisor had been killed before it could write the record of a QEMU.
    asio::awaitable<::pid_t> leave_without_record(machine_spec spec) const
    {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", std::move(spec), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm").value();
        co_await machines.async_release("vm");
        coqmp::detail::helper_thread::for_files().catch_up();
        std::filesystem::remove(path / "vm" / "record");
        co_return process;
    }

    /// What a supervisor says that finds this.
    asio::awaitable<std::string> why_it_gives_up(machine_spec spec) const
    {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        auto policy = quick();
        policy.most_restarts = 2;
        machines.add("vm", std::move(spec), policy);
        change const last = co_await reaches(changes, "vm", lifecycle::given_up);
        BOOST_TEST(last.status.reason == lifecycle_reason::did_not_start);
        co_return last.reason;
    }

    static asio::awaitable<void> kill(::pid_t process)
    {
        auto const executor = co_await asio::this_coro::executor;
        auto const identity = coqmp::detail::identity_of(process);
        ::kill(process, SIGKILL);
        while (coqmp::detail::find_process(identity))
            co_await asio::post(executor, asio::deferred);
    }

    void refuses_the_machine() const
    {
        asio::io_context context;
        supervisor machines(context, options);
        BOOST_CHECK_EXCEPTION(machines.add("vm", bare()), boost::system::system_error, [this](auto const& error) {
            return std::string_view(error.what()).find((path / "vm").native()) != std::string_view::npos;
        });
        BOOST_TEST(machines.names().empty());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(refuses_a_machines_directory_to_which_others_may_write)
{
    std::filesystem::permissions(path / "vm", std::filesystem::perms::others_write, std::filesystem::perm_options::add);
    refuses_the_machine();
}

BOOST_AUTO_TEST_CASE(refuses_a_link_in_the_place_of_a_machines_directory)
{
    std::filesystem::rename(path / "vm", folder.path() / "elsewhere");
    std::filesystem::create_directory_symlink(folder.path() / "elsewhere", path / "vm");
    refuses_the_machine();
}

BOOST_AUTO_TEST_CASE(shortens_the_log_of_a_machine_that_writes_too_much)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto& time = simulate_time(executor);
        auto const log = path / "vm" / "log";
        std::ofstream(log) << std::string(10000, 'a');  // of earlier launches
        supervisor machines(executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", wrapped("head -c 10000 /dev/zero >&2"), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        while (std::filesystem::file_size(log) > log_limit) {
            time.advance(1s);
            co_await asio::post(executor, asio::deferred);
        }
        BOOST_TEST(std::filesystem::file_size(path / "vm" / "log.1") == log_limit);
        co_await machines.async_remove("vm");
        BOOST_TEST(!std::filesystem::exists(path / "vm"));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(adopts_no_helper_that_has_inherited_the_lock)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const helper = folder.path() / "helper";
        auto const spec = wrapped("sleep 1000 > /dev/null 2>&1 &\necho $! > " + helper.native());
        ::pid_t const qemu = co_await leave_without_record(spec);
        co_await kill(qemu);
        std::string const why = co_await why_it_gives_up(spec);
        ::pid_t left = -1;
        std::ifstream(helper) >> left;
        BOOST_TEST(why.find("the process " + std::to_string(left) + " (sleep) has inherited the lock") != std::string::npos, why);
        BOOST_REQUIRE(left > 0);
        BOOST_TEST(::kill(left, 0) == 0);
        co_await kill(left);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(adopts_a_qemu_without_a_record_that_a_script_has_become)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const spec = wrapped(":");
        ::pid_t const qemu = co_await leave_without_record(spec);
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", spec, quick());
        co_await gets(changes, coqmp::liveness::responsive);
        BOOST_TEST((machines.pid("vm") == qemu));
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(adopts_no_qemu_of_another_user_without_a_record)
{
    if (::geteuid() != 0)
        return;  // the monitor could not be given to the user
    auto const body = [this]() -> asio::awaitable<void> {
        ::pid_t const qemu = co_await leave_without_record(bare());
        auto spec = bare();
        spec.user = "65534";
        spec.group = "65534";
        std::string const why = co_await why_it_gives_up(spec);
        BOOST_TEST(why.find("the process " + std::to_string(qemu)) != std::string::npos, why);
        BOOST_TEST(::kill(qemu, 0) == 0);
        co_await kill(qemu);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(cancels_a_command_that_has_only_just_been_given_to_it)
{
    asio::io_context context;
    supervisor machines(context, options);
    machines.add("vm", bare());
    asio::cancellation_signal signal;
    std::optional<error_code> result;
    auto answered = [&result](error_code error, coqmp::reply const& answer) {
        result = error;
        BOOST_TEST(!answer.was_sent());
    };
    asio::post(context, [&] {
        machines.async_execute("vm", coqmp::command("query-name"), asio::bind_cancellation_slot(signal.slot(), answered));
        signal.emit(asio::cancellation_type::total);
    });
    context.poll();
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(*result == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_SUITE_END()
