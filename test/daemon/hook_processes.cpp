// Hooks that run: small programs, and how they end.
#include "daemon/hooks/hook_process.hpp"
#include "daemon/hooks/hook_runner.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace coqmp_daemon;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using coqmp::test::contains;

namespace {

/// As the daemon does: a hook need not read its input.
struct without_sigpipe
{
    without_sigpipe() { ::signal(SIGPIPE, SIG_IGN); }
};

/// A shell script.
hook_run script(std::string const& text)
{
    hook_run result;
    result.program = "/bin/sh";
    result.arguments = {"-c", text, "hook"};
    result.environment = {"PATH=/usr/bin:/bin"};
    result.timeout = 10min;
    return result;
}

/// One hook, from its start to its end.
class stage
{
public:
    /// @param on_line called for each line
    hook_end run(hook_run what, std::function<void(hook_process&)> const& on_line = {})
    {
        std::optional<hook_end> result;
        std::shared_ptr<hook_process> process;
        hook_process::callbacks calls;
        calls.line = [&](std::string_view line) {
            lines_.emplace_back(line);
            if (on_line)
                on_line(*process);
        };
        calls.end = [&](hook_end const& end) { result = end; };
        process = hook_process::start(context_.get_executor(), launcher_.get_executor(), std::move(what), std::move(calls));
        context_.run();
        context_.restart();
        BOOST_REQUIRE(result.has_value());
        return *result;
    }

    [[nodiscard]] std::string lines() const
    {
        std::string result;
        for (std::string const& each : lines_)
            result += each + '|';
        return result;
    }

private:
    asio::io_context context_{1};
    asio::thread_pool launcher_{1};
    std::vector<std::string> lines_;
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(without_sigpipe);

BOOST_AUTO_TEST_SUITE(hook_processes, *boost::unit_test::timeout(200))

BOOST_AUTO_TEST_CASE(a_program_gets_arguments_environment_and_input)
{
    hook_run run = script(R"(echo "$1"; echo "$COQMP_MACHINE"; cat; pwd >&2; exit 3)");
    run.arguments.emplace_back("a b; $(rm)");
    run.environment.emplace_back("COQMP_MACHINE=vm1");
    run.input = "{\"machine\":\"vm1\"}\n";
    stage test;
    hook_end const end = test.run(run);
    BOOST_TEST(end.failure.empty());
    BOOST_TEST(end.status.exit_code == 3);
    BOOST_TEST(!end.was_too_slow);
    BOOST_TEST(test.lines().starts_with("a b; $(rm)|vm1|{\"machine\":\"vm1\"}|/"));
}

BOOST_AUTO_TEST_CASE(a_program_has_no_descriptors_and_no_ignored_signals_of_ours)
{
    stage test;
    hook_end const end =
        test.run(script("ls /proc/self/fd; while read -r name value; do case $name in SigIgn: | SigBlk:) "
                        "echo $name $((0x$value & 0x7fffffff));; esac; done </proc/self/status"));
    BOOST_TEST(end.status.exit_code == 0);
    // The fourth descriptor is that of ls itself. The mask leaves out two signals that glibc reserves for itself.
    BOOST_TEST(test.lines() == "0|1|2|3|SigBlk: 0|SigIgn: 0|");
}

BOOST_AUTO_TEST_CASE(a_program_need_not_read_its_input)
{
    hook_run run = script("echo done");
    run.input.assign(1 << 20, 'x');
    stage test;
    BOOST_TEST(test.run(run).status.exit_code == 0);
    BOOST_TEST(test.lines() == "done|");
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_is_reported)
{
    hook_run run;
    run.program = "/nowhere/hook";
    stage test;
    BOOST_TEST(test.run(run).failure == "No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_script_that_cannot_be_executed_is_not_given_to_a_shell)
{
    coqmp::test::temporary_directory const directory;
    std::string const path = (directory.path() / "hook").native();
    std::ofstream(path) << "echo shell\n";
    BOOST_REQUIRE(::chmod(path.c_str(), 0700) == 0);
    hook_run run;
    run.program = path;
    stage test;
    BOOST_TEST(test.run(run).failure == "Exec format error");
    BOOST_TEST(test.lines().empty());
}

BOOST_AUTO_TEST_CASE(output_is_limited)
{
    hook_run run = script("for i in 1 2 3 4 5; do echo $i; done");
    run.output.lines = 2;
    stage test;
    BOOST_TEST(test.run(run).lines_left_out == 3U);
    BOOST_TEST(test.lines() == "1|2|");
}

BOOST_AUTO_TEST_CASE(a_slow_program_gets_sigterm)
{
    stage test;
    hook_end const end =
        test.run(script("echo started; while :; do sleep 100; done"), [](hook_process& process) { process.expire(); });
    BOOST_TEST(end.was_too_slow);
    BOOST_TEST(end.status.signal == SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_program_that_ignores_sigterm_gets_sigkill)
{
    stage test;
    hook_end const end = test.run(script("trap '' TERM; echo started; while :; do sleep 100; done"), [](hook_process& process) {
        process.expire();
        process.expire();
    });
    BOOST_TEST(end.was_too_slow);
    BOOST_TEST(end.status.signal == SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_timer_ends_a_program)
{
    hook_run run = script("exec sleep 1000");
    run.timeout = 1ms;
    stage test;
    hook_end const end = test.run(run);
    BOOST_TEST(end.was_too_slow);
    BOOST_TEST(end.status.signal == SIGTERM);
}

BOOST_AUTO_TEST_CASE(what_a_program_leaves_behind_is_killed)
{
    stage test;
    // The background process holds the pipe: without its end, the output would not end either.
    BOOST_TEST(test.run(script("sleep 1000 & echo $!")).status.exit_code == 0);
    ::pid_t const left = std::stoi(test.lines());
    int const pidfd = static_cast<int>(::syscall(SYS_pidfd_open, left, 0));
    if (pidfd < 0)
        return;  // it has ended, and init has reaped it
    ::pollfd its_end{pidfd, POLLIN, 0};
    BOOST_TEST(::poll(&its_end, 1, 150'000) == 1);
    ::close(pidfd);
}

BOOST_AUTO_TEST_CASE(a_process_that_left_its_group_does_not_hold_up_the_end)
{
    stage test;
    hook_end const end = test.run(script("setsid sleep 20 & sleep 0; echo done"));
    BOOST_TEST(end.status.exit_code == 0);
    BOOST_TEST(contains(test.lines(), "done|"));
}

BOOST_AUTO_TEST_CASE(the_runner_writes_to_the_log)
{
    asio::io_context context(1);
    std::vector<std::string> log;
    hook_runner runner(context.get_executor(), {}, [&log](log_priority, std::string_view machine, std::string_view text) {
        log.push_back(std::string(machine) + ": " + std::string(text));
    });
    runner.run("a", script("echo one"));
    runner.run("a", script("exit 4"));
    BOOST_TEST(runner.unfinished() == 2U);
    context.run();
    BOOST_TEST(runner.unfinished() == 0U);
    std::vector<std::string> const expected{"a: /bin/sh: one", "a: the hook /bin/sh exited with status 4"};
    BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(hooks_of_many_machines_all_run)
{
    asio::io_context context(1);
    std::size_t lines = 0;
    hook_runner runner(context.get_executor(), {2, 16, 1000},
                       [&lines](log_priority, std::string_view, std::string_view) { ++lines; });
    for (int number = 0; number < 20; ++number)
        runner.run("m" + std::to_string(number), script("echo done"));
    context.run();
    BOOST_TEST(lines == 20U);
}

BOOST_AUTO_TEST_CASE(too_many_hooks_are_dropped)
{
    asio::io_context context(1);
    std::vector<std::string> log;
    hook_runner runner(context.get_executor(), {1, 1, 1},
                       [&log](log_priority, std::string_view, std::string_view text) { log.emplace_back(text); });
    for (int number = 0; number < 3; ++number)
        runner.run("a", script("echo done"));
    BOOST_REQUIRE(log.size() == 1U);
    BOOST_TEST(log[0] == "the hook /bin/sh was not run, because too many hooks are waiting");
}

BOOST_AUTO_TEST_CASE(destroying_the_runner_kills_its_hooks)
{
    asio::io_context context(1);
    std::optional<hook_runner> runner;
    std::string line;
    runner.emplace(context.get_executor(), hook_limits{}, [&](log_priority, std::string_view, std::string_view text) {
        line = text;
        context.stop();
    });
    runner->run("a", script("echo $$; exec sleep 1000"));
    context.run();
    BOOST_REQUIRE(line.starts_with("/bin/sh: "));
    ::pid_t const number = std::stoi(line.substr(line.find(' ')));
    runner.reset();
    context.restart();
    context.run();  // no handler of a killed hook touches the runner
    bool const has_gone = ::waitpid(number, nullptr, 0) == number || errno == ECHILD;
    BOOST_TEST(has_gone);
}

BOOST_AUTO_TEST_SUITE_END()
