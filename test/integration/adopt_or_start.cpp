// Machines that outlive the programs that keep them.
#include <coqmp/machine.hpp>

#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using boost::system::system_error;
using coqmp::errc;
using coqmp::machine;
using coqmp::machine_record;
using coqmp::machine_spec;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// A machine's directory. What still runs at the end is killed.
struct kept
{
    kept() = default;
    kept(kept const&) = delete;
    kept& operator=(kept const&) = delete;
    ~kept()
    {
        if (auto const last = machine_record::load(record_file); last && !is_gone(last->process))
            ::kill(last->process, SIGKILL);
    }

    [[nodiscard]] ::pid_t process() const { return machine_record::load(record_file).value().process; }

    temporary_directory folder;
    std::string path = folder.path() / "machine";
    std::string record_file = path + "/record";
};

/// How it fails.
asio::awaitable<std::string> objection(std::string directory, machine_spec spec)
{
    try {
        co_await machine::adopt_or_start(spec, directory);
    } catch (system_error const& error) {
        co_return error.what();
    }
    co_return "";
}

bool says(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_machine_that_is_kept, *boost::unit_test::timeout(200))

COROUTINE_TEST_CASE(is_started_once_and_adopted_from_then_on)
{
    kept self;
    ::pid_t process = -1;
    for (int times = 0; times < 3; ++times) {
        machine subject = co_await machine::adopt_or_start(bare_qemu(), self.path);
        BOOST_TEST((times == 0 || subject.pid() == process));
        process = subject.pid();
        co_await subject.session().execute("query-status");
    }
    BOOST_TEST(!is_gone(process));
    BOOST_TEST(self.process() == process);
    BOOST_TEST((std::filesystem::status(self.path).permissions() == std::filesystem::perms::owner_all));
}

COROUTINE_TEST_CASE(is_started_anew_when_it_has_ended)
{
    kept self;
    machine first = co_await machine::adopt_or_start(bare_qemu(), self.path);
    ::pid_t const process = first.pid();
    co_await first.async_shutdown(10s);
    machine second = co_await machine::adopt_or_start(bare_qemu(), self.path);
    BOOST_TEST(second.pid() != process);
    BOOST_TEST(is_gone(process));
}

COROUTINE_TEST_CASE(ends_when_it_is_told_to)
{
    kept const self;
    machine killed = co_await machine::adopt_or_start(bare_qemu(), self.path);
    killed.kill();
    co_await killed.async_wait();
    BOOST_TEST(is_gone(killed.pid()));
}

BOOST_AUTO_TEST_CASE(is_not_released_once_it_was_told_to_end)
{
    kept const self;
    ::pid_t process = -1;
    auto const body = [&]() -> asio::awaitable<void> {
        machine dropped = co_await machine::adopt_or_start(bare_qemu(), self.path);
        process = dropped.pid();
        dropped.kill();
    };
    run(body());
    BOOST_TEST(is_gone(process));
}

BOOST_AUTO_TEST_CASE(survives_exceptions_and_the_end_of_its_context)
{
    kept const self;
    auto const fail = [](std::string path) -> asio::awaitable<void> {
        machine const subject = co_await machine::adopt_or_start(bare_qemu(), path);
        throw std::runtime_error("");
    };
    asio::io_context context(1);
    asio::co_spawn(context, fail(self.path), [](std::exception_ptr failure) { BOOST_TEST((failure != nullptr)); });
    context.run();
    ::pid_t const process = self.process();
    BOOST_TEST(!is_gone(process));

    auto const stay = [](std::string path, bool& is_ready) -> asio::awaitable<void> {
        machine subject = co_await machine::adopt_or_start(bare_qemu(), path);
        is_ready = true;
        co_await subject.async_wait();
    };
    {
        asio::io_context other(1);
        bool is_ready = false;
        asio::co_spawn(other, stay(self.path, is_ready), [](std::exception_ptr) {});
        while (!is_ready)
            other.run_one();
    }
    BOOST_TEST(!is_gone(process));
    BOOST_TEST(self.process() == process);
}

COROUTINE_TEST_CASE(is_never_started_a_second_time)
{
    kept self;
    machine const first = co_await machine::adopt_or_start(bare_qemu(), self.path);
    auto const twice = co_await objection(self.path, bare_qemu());
    BOOST_TEST(says(twice, "another program manages the machine"), twice);

    std::optional<machine> second(co_await machine::adopt_or_start(bare_qemu(), self.folder.path() / "other"));
    ::pid_t const process = second->pid();
    second.reset();
    ::kill(process, SIGSTOP);
    auto spec = bare_qemu();
    spec.start_timeout = 1ms;  // it must expire: a stopped QEMU never connects
    auto const silent = co_await objection(self.folder.path() / "other", spec);
    BOOST_TEST(says(silent, "still running"), silent);
    ::kill(process, SIGKILL);
}

// As if the program that had started it was killed before it wrote the record.
COROUTINE_TEST_CASE(is_found_without_its_record)
{
    kept const self;
    std::optional<machine> lost(co_await machine::adopt_or_start(bare_qemu(), self.path));
    ::pid_t const process = lost->pid();
    lost.reset();
    std::filesystem::remove(self.record_file);
    machine found = co_await machine::adopt_or_start(bare_qemu(), self.path);
    BOOST_TEST(found.pid() == process);
    BOOST_TEST(std::filesystem::exists(self.record_file));
    found.kill();
    co_await found.async_wait();
}

COROUTINE_TEST_CASE(is_not_started_beside_a_record_that_cannot_be_read)
{
    kept const self;
    std::filesystem::create_directory(self.path);
    std::ofstream(self.record_file) << "{";
    auto const why = co_await objection(self.path, bare_qemu());
    BOOST_TEST(says(why, self.record_file), why);
    await_no_child();  // of this test, and of those before
    std::filesystem::remove(self.record_file);
}

BOOST_AUTO_TEST_CASE(is_killed_if_its_record_cannot_be_written)
{
    kept const self;
    std::filesystem::create_directories(self.record_file + ".new");
    auto const body = [&]() -> asio::awaitable<void> {
        auto const why = co_await objection(self.path, bare_qemu());
        BOOST_TEST(says(why, "cannot write"), why);
    };
    run(body());
    await_no_child();  // of this test, and of those before
}

COROUTINE_TEST_CASE(needs_a_directory_that_can_be_made)
{
    kept const self;
    auto const why = co_await objection(self.folder.path() / "no/where", bare_qemu());
    BOOST_TEST(says(why, "cannot make the directory"), why);
}

COROUTINE_TEST_CASE(explains_a_failure_and_leaves_it_in_its_log)
{
    kept const self;
    auto const why = co_await objection(self.path, bare_qemu("-device", "no-such-device"));
    BOOST_TEST(says(why, "no-such-device"), why);
    std::ifstream log(self.path + "/log");
    std::string const text{std::istreambuf_iterator<char>(log), {}};
    BOOST_TEST(says(text, "no-such-device"), text);
}

BOOST_AUTO_TEST_SUITE_END()
