// A supervisor that comes back to its machines, with real QEMUs: OPERATIONS.md, section 4.
#include <coqmp/supervisor.hpp>

#include "process/helper_thread.hpp"
#include "process/process_identity.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/supervisor_options.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using coqmp::change;
using coqmp::change_stream;
using coqmp::errc;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp::restart_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// Shuts down the connections of this process on the socket with this path, without the knowledge of their owner.
void cut_connections(std::string const& path)
{
    for (auto const& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::string const name = each.path().filename();
        int number = -1;
        std::from_chars(name.data(), name.data() + name.size(), number);
        ::sockaddr_un local{};
        ::socklen_t size = sizeof local;
        int listens = 1;
        ::socklen_t length = sizeof listens;
        bool const is_socket = ::getsockname(number, reinterpret_cast<::sockaddr*>(&local), &size) == 0 &&
                               ::getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0;
        if (is_socket && local.sun_family == AF_UNIX && local.sun_path == path && listens == 0)
            ::shutdown(number, SHUT_RDWR);
    }
}

std::string contents_of(std::filesystem::path const& file)
{
    std::string text;
    std::getline(std::ifstream(file), text, '\0');
    return text;
}

/// Another process that has a file open.
class reader
{
public:
    explicit reader(std::filesystem::path const& file)
    {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file).flush();
        int const open = ::open(file.c_str(), O_RDONLY);  // NOLINT: inherited
        process_ = ::fork();
        if (process_ == 0) {
            ::execlp("sleep", "sleep", "1000", nullptr);
            ::_exit(1);
        }
        ::close(open);
    }
    reader(reader const&) = delete;
    reader& operator=(reader const&) = delete;
    ~reader()
    {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

private:
    ::pid_t process_ = -1;
};

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const path = folder.path() / "state";
    coqmp::supervisor_options options;

    fixture() { options.directory = path; }

    /// Starts a machine, and lets it live on.
    asio::awaitable<::pid_t> launch()
    {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        BOOST_REQUIRE(process.has_value());
        co_await machines.async_release("vm");
        BOOST_TEST(machines.names().empty());
        co_return *process;
    }

    /// Kills a process that the supervisors do not know as a child of this process.
    static asio::awaitable<void> kill(::pid_t process)
    {
        auto const executor = co_await asio::this_coro::executor;
        auto const identity = coqmp::detail::identity_of(process);
        ::kill(process, SIGKILL);
        while (coqmp::detail::find_process(identity))
            co_await asio::post(executor, asio::deferred);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(adopts_the_machines_of_an_earlier_supervisor)
{
    auto const body = [this]() -> asio::awaitable<void> {
        ::pid_t const process = co_await launch();
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        change const adopted = co_await gets(changes, liveness::responsive);
        BOOST_TEST(adopted.state == lifecycle::running);
        BOOST_TEST((machines.pid("vm") == process));
        co_await machines.async_stop("vm", 20s);
        BOOST_TEST(machines.state("vm") == lifecycle::stopped);
        coqmp::detail::helper_thread::for_files().catch_up();
        BOOST_TEST(!std::filesystem::exists(path / "vm" / "record"));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(connects_again_to_a_machine_whose_connection_has_ended)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        cut_connections(path / "vm" / "monitor");
        change const silent = co_await gets(changes, liveness::silent);
        BOOST_TEST(silent.state == lifecycle::running);
        change const again = co_await gets(changes, liveness::responsive);
        BOOST_TEST(again.state == lifecycle::running);
        BOOST_TEST((machines.pid("vm") == process));
        ::kill(process.value(), SIGKILL);
        co_await reaches(changes, "vm", lifecycle::backing_off);  // its exit status may be unknown, as that of an adopted machine
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_a_machine_that_ended_unseen_if_it_is_to_run_and_its_policy_says_so)
{
    auto const body = [this]() -> asio::awaitable<void> {
        ::pid_t const process = co_await launch();
        co_await kill(process);
        {
            supervisor machines(co_await asio::this_coro::executor, options);
            change_stream changes = machines.subscribe();
            machines.add("vm", bare(), quick(restart_policy::never));
            change const stopped = co_await reaches(changes, "vm", lifecycle::stopped);
            BOOST_TEST(stopped.status.reason == lifecycle_reason::ended_unseen);
        }
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        change const missed = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(missed.status.reason == lifecycle_reason::ended_unseen);
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST((machines.pid("vm") != process));
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_start_a_machine_that_was_stopped_under_an_earlier_supervisor)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        {
            supervisor machines(executor, options);
            change_stream changes = machines.subscribe();
            machines.add("vm", bare(), quick());
            machines.start("vm");
            co_await reaches(changes, "vm", lifecycle::running);
            co_await machines.async_stop("vm", 20s);
        }
        supervisor machines(executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(restart_policy::always));
        change const stopped = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(stopped.status.reason == lifecycle_reason::by_operator);
        BOOST_TEST(!machines.pid("vm").has_value());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_machines_that_went_down_with_the_host_after_it_has_booted)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        {
            supervisor machines(executor, options);
            change_stream changes = machines.subscribe();
            machines.add("vm", bare(), quick(restart_policy::never));
            machines.start("vm");
            co_await reaches(changes, "vm", lifecycle::running);
            co_await machines.async_shutdown(20s);
        }
        std::string wish = contents_of(path / "vm" / "wish");
        std::string const boot = coqmp::detail::current_boot_id();
        BOOST_REQUIRE(wish.find(boot) != std::string::npos);
        wish.replace(wish.find(boot), boot.size(), "an-earlier-boot");
        std::ofstream(path / "vm" / "wish") << wish;
        supervisor machines(executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(restart_policy::never));
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST(contents_of(path / "vm" / "wish").find(boot) != std::string::npos);
    };
    run(body());
}

// As if the earlier supervisor was killed before it wrote the record. An older process that only reads the file is not the QEMU.
BOOST_AUTO_TEST_CASE(adopts_a_qemu_without_a_record)
{
    reader const backup(path / "vm" / "lock");
    auto const body = [this]() -> asio::awaitable<void> {
        ::pid_t const process = co_await launch();
        std::filesystem::remove(path / "vm" / "record");
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        co_await gets(changes, liveness::responsive);
        BOOST_TEST((machines.pid("vm") == process));
        while (!std::filesystem::exists(path / "vm" / "record"))
            co_await asio::post(machines.get_executor(), asio::deferred);
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

// As if the next QEMU had been launched by a supervisor that was killed before it wrote the record.
BOOST_AUTO_TEST_CASE(adopts_a_qemu_that_has_only_the_record_of_an_earlier_one)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await kill(co_await launch());
        std::filesystem::copy_file(path / "vm" / "record", folder.path() / "old");
        std::filesystem::remove(path / "vm" / "record");
        ::pid_t const process = co_await launch();
        std::filesystem::copy_file(folder.path() / "old", path / "vm" / "record",
                                   std::filesystem::copy_options::overwrite_existing);
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        co_await gets(changes, liveness::responsive);
        BOOST_TEST((machines.pid("vm") == process));
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_start_a_second_qemu_beside_a_lock_without_a_process)
{
    auto const body = [this]() -> asio::awaitable<void> {
        std::filesystem::create_directories(path / "vm");
        int const lock =
            ::open((path / "vm" / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // this process does not count
        BOOST_REQUIRE(::flock(lock, LOCK_EX) == 0);
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        auto policy = quick();
        policy.most_restarts = 2;
        machines.add("vm", bare(), policy);
        machines.start("vm");
        change const last = co_await reaches(changes, "vm", lifecycle::given_up);
        BOOST_TEST(last.status.reason == lifecycle_reason::did_not_start);
        BOOST_TEST(last.reason.find("still running there") != std::string::npos);
        ::close(lock);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_start_a_machine_without_a_record)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        ::pid_t const process = co_await launch();
        co_await kill(process);
        std::filesystem::remove(path / "vm" / "wish");
        supervisor machines(executor, options);
        machines.add("vm", bare(), quick(restart_policy::always));
        co_await asio::post(executor, asio::deferred);
        BOOST_TEST(machines.state("vm") == lifecycle::defined);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(asks_a_machine_that_is_still_being_adopted_to_end)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        supervisor machines(co_await asio::this_coro::executor, options);
        machines.add("vm", bare(), quick());
        coqmp::machine_end const end = co_await machines.async_stop("vm", 60s);
        BOOST_TEST(end.shutdown_cause == "host-qmp-quit");  // and not by a signal, which gives a guest no chance
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(stops_a_machine_that_gets_ready_meanwhile)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::filesystem::path const script = folder.path() / "qemu";
        std::filesystem::path const sign = folder.path() / "sign";
        // Ignores SIGTERM until QEMU handles it.
        std::ofstream(script) << "#!/bin/sh\ntrap '' TERM\n: >" << sign << "\nexec qemu-system-x86_64 \"$@\"\n";
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        supervisor machines(executor, options);
        machines.add("other", bare(), quick());
        coqmp::machine_spec spec = bare();
        spec.program = script;
        machines.add("vm", spec, quick());
        machines.start("other");
        for (int round = 0; round < 3; ++round) {
            std::filesystem::remove(sign);
            machines.start("vm");
            while (!std::filesystem::exists(sign))
                co_await asio::post(executor, asio::deferred);
            co_await machines.async_stop("vm", 4s);
            BOOST_TEST(machines.state("vm") == lifecycle::stopped);
        }
        BOOST_TEST(machines.pid("other").has_value());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(releases_a_machine_when_its_start_is_over)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        {
            supervisor machines(executor, options);
            machines.add("vm", bare(), quick());
            machines.start("vm");
            co_await machines.async_release("vm");
        }
        supervisor machines(executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        co_await gets(changes, liveness::responsive);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(says_that_the_record_of_a_released_machine_could_not_be_written)
{
    auto const body = [this]() -> asio::awaitable<void> {
        std::filesystem::create_directories(path / "vm" / "record.new" / "full");  // where the record is written first
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        std::vector<std::string> log;
        options.log = [&log](coqmp::log_level, std::string_view sentence) { log.emplace_back(sentence); };
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        BOOST_REQUIRE(process.has_value());
        auto release = machines.async_release("vm", asio::as_tuple(asio::deferred));
        auto const [error] = co_await std::move(release);
        BOOST_TEST(error == boost::system::errc::file_exists);
        BOOST_TEST(machines.names().empty());
        BOOST_TEST(!log.empty());
        BOOST_TEST(::kill(*process, 0) == 0);
        co_await kill(*process);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_touch_a_machine_whose_record_is_damaged)
{
    std::filesystem::create_directories(path / "vm");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::ofstream(path / "vm" / "wish") << "{\"format\":1,";
    asio::io_context context;
    supervisor machines(context, options);
    BOOST_CHECK_EXCEPTION(machines.add("vm", bare()), boost::system::system_error,
                          [](auto const& error) { return error.code() == errc::invalid_record; });
    BOOST_TEST(machines.names().empty());
    BOOST_TEST(contents_of(path / "vm" / "wish") == "{\"format\":1,");
}

BOOST_AUTO_TEST_CASE(refuses_the_directory_of_another_supervisor)
{
    asio::io_context context;
    std::optional<supervisor> first;
    first.emplace(context, options);
    BOOST_CHECK_EXCEPTION(supervisor(context, options), boost::system::system_error, [](auto const& error) {
        return std::string_view(error.what()).find("another supervisor") != std::string_view::npos;
    });
    first.reset();
    context.poll();
    supervisor const second(context, options);
}

BOOST_AUTO_TEST_CASE(releases_a_machine_that_is_down_and_forgets_one_that_is_removed)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        co_await machines.async_release("vm");
        BOOST_TEST(machines.names().empty());
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        co_await machines.async_remove("vm");
        machines.add("vm", bare(), quick());  // at once: nothing of the first one is in its way
        BOOST_TEST(machines.state("vm") == lifecycle::defined);
        BOOST_TEST(!std::filesystem::exists(path / "vm" / "wish"));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(releases_nothing_without_a_directory)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        supervisor machines(executor);
        machines.add("vm", bare(), quick());
        boost::system::error_code result;
        machines.async_release("vm")([&result](boost::system::error_code error) { result = error; });
        co_await asio::post(executor, asio::deferred);
        BOOST_TEST((result == errc::cannot_release));
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
