// The options of a launch: what the program gets, and which step a start that fails names.
#include "process/process.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/output_target.hpp>

#include "support/open_descriptors.hpp"
#include "support/pipe_to_read.hpp"
#include "support/processes.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
using coqmp::descriptor;
using coqmp::exit_status;
using coqmp::output_target;
using coqmp::detail::process;
using coqmp::detail::process_options;
using coqmp::detail::start_process;
using namespace coqmp::test;

namespace {

process_options shell(std::string text)
{
    process_options options;
    options.program = "/bin/sh";
    options.arguments = {"-c", std::move(text)};
    return options;
}

struct outcome
{
    exit_status status;
    std::string errors;
};

outcome run_to_end(process_options const& options)
{
    asio::io_context context;
    auto const child = std::make_shared<process>(context.get_executor(), start_process(options), options);
    std::optional<exit_status> status;
    child->watch([&status](exit_status how) { status = how; });
    context.run();
    return {status.value(), child->standard_error()};
}

/// What a shell with these options prints to its standard error.
std::string printed(process_options options, std::string text)
{
    options.program = "/bin/sh";
    options.arguments = {"-c", std::move(text)};
    return run_to_end(options).errors;
}

std::string why_not(process_options const& options)
{
    std::size_t const before = open_descriptors();
    try {
        static_cast<void>(start_process(options));
    } catch (std::runtime_error const& error) {
        BOOST_TEST(open_descriptors() == before);
        BOOST_TEST(no_child_is_left());
        return error.what();
    }
    return "it started";
}

std::string content_of(std::filesystem::path const& path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

bool const is_root = ::geteuid() == 0;

struct fixture
{
    fixture() { options.program = "/bin/sh"; }

    temporary_directory folder;
    process_options options;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(launch_options, fixture, *boost::unit_test::timeout(60))

// ---- Output ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(output_is_appended_to_a_file)
{
    std::filesystem::path const path = folder.path() / "output";
    options = shell("echo one; echo two >&2");
    options.standard_output = output_target::file(path.native());
    run_to_end(options);
    BOOST_TEST(content_of(path) == "one\n");
    struct ::stat information{};
    BOOST_REQUIRE(::stat(path.c_str(), &information) == 0);
    BOOST_TEST((information.st_mode & 0777) == 0600);
    run_to_end(options);
    BOOST_TEST(content_of(path) == "one\none\n");
}

BOOST_AUTO_TEST_CASE(end_of_standard_error_is_kept_when_it_goes_to_a_file)
{
    std::filesystem::path const path = folder.path() / "errors";
    std::ofstream(path) << "an earlier run\n";
    options = shell("echo first >&2; echo second >&2");
    options.standard_error = output_target::file(path.native());
    BOOST_TEST(run_to_end(options).errors == "first\nsecond\n");
    BOOST_TEST(content_of(path) == "an earlier run\nfirst\nsecond\n");
    options.error_tail = 7;
    BOOST_TEST(run_to_end(options).errors == "second\n");
}

BOOST_AUTO_TEST_CASE(output_goes_to_a_descriptor)
{
    pipe_to_read pipe;
    options = shell("echo one; echo two >&2");
    options.standard_output = output_target::to(pipe.writing_end());
    options.standard_error = options.standard_output;
    run_to_end(options);
    options = process_options();
    BOOST_TEST(pipe.read() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(both_outputs_are_passed_line_by_line)
{
    std::vector<std::string> lines;
    std::vector<std::string> errors;
    options = shell("printf 'one\\n\\ntwo'; echo three >&2");
    options.standard_output = output_target::lines([&](std::string_view line) { lines.emplace_back(line); });
    options.standard_error = output_target::lines([&](std::string_view line) { errors.emplace_back(line); });
    BOOST_TEST(run_to_end(options).errors == "three\n");
    BOOST_TEST((lines == std::vector<std::string>{"one", "", "two"}));
    BOOST_TEST((errors == std::vector<std::string>{"three"}));
}

BOOST_AUTO_TEST_CASE(long_line_comes_in_pieces)
{
    std::string all;
    std::size_t longest = 0;
    options = shell("head -c 100000 /dev/zero | tr '\\0' x");
    options.standard_output = output_target::lines([&](std::string_view line) {
        all += line;
        longest = std::max(longest, line.size());
    });
    run_to_end(options);
    BOOST_TEST((all == std::string(100'000, 'x')));
    BOOST_TEST(longest == std::size_t{16} << 10);
}

BOOST_AUTO_TEST_CASE(callback_that_throws_is_not_called_again_and_loses_nothing_else)
{
    int calls = 0;
    options = shell("echo one; echo two; seq 100000; exit 5");
    options.standard_output = output_target::lines([&](std::string_view) {
        ++calls;
        throw std::runtime_error("no");
    });
    BOOST_TEST(run_to_end(options).status.exit_code == 5);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(fifo_without_a_reader_fails_the_start_and_does_not_wait)
{
    std::filesystem::path const path = folder.path() / "fifo";
    BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    options.standard_output = output_target::file(path.native());
    BOOST_TEST(contains(why_not(options), "opening \"" + path.native() + "\" for the output: No such device or address"));
}

BOOST_AUTO_TEST_CASE(output_is_discarded)
{
    options = shell("echo one; target=$(readlink /proc/$$/fd/1); echo $target >&2");
    options.standard_output = output_target::discarded();
    BOOST_TEST(run_to_end(options).errors == "/dev/null\n");
}

// ---- Descriptors -----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(descriptors_are_placed_in_order_whatever_their_numbers_are)
{
    // The numbers that the child needs belong to other descriptors here, in another order.
    pipe_to_read first;
    pipe_to_read second;
    options = shell("echo one >&3; echo two >&4; for n in 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo $n >&2; done; true");
    options.inherited_fds = {first.writing_end(), second.writing_end()};
    for (int round = 0; round < 2; ++round) {
        BOOST_TEST(run_to_end(options).errors == "");
        std::swap(options.inherited_fds[0], options.inherited_fds[1]);
    }
    options.inherited_fds.clear();
    BOOST_TEST(first.read() == "one\ntwo\n");
    BOOST_TEST(second.read() == "two\none\n");
}

BOOST_AUTO_TEST_CASE(closed_descriptor_is_named)
{
    int const number = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 300);  // which no other descriptor gets
    options.inherited_fds = {descriptor(number)};
    ::close(number);
    auto const why = why_not(options);
    BOOST_TEST(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 300) == number);  // which the owner closes
    BOOST_TEST(contains(why, "passing the descriptors: Bad file descriptor"), why);
}

// ---- The process -----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(program_starts_in_its_directory)
{
    options.working_directory = folder.path();
    BOOST_TEST(printed(options, "pwd >&2") == folder.path().native() + '\n');
    options.working_directory = "/nowhere";
    BOOST_TEST(why_not(options) == "cannot start \"/bin/sh\": entering the directory \"/nowhere\": No such file or directory");
}

BOOST_AUTO_TEST_CASE(limits_are_set)
{
    options.limits.emplace_back(RLIMIT_NOFILE, 77, 99);
    options.limits.emplace_back(RLIMIT_CORE, 0);
    BOOST_TEST(printed(options, "ulimit -Sn >&2; ulimit -Hn >&2; ulimit -c >&2") == "77\n99\n0\n");
    options.limits.emplace_back(1000, 5);
    BOOST_TEST(contains(why_not(options), "setting the resource limit 1000 to 5: Invalid argument"));
}

BOOST_AUTO_TEST_CASE(nice_value_is_set)
{
    // Higher than ours, because a lower one needs a privilege: the tests may themselves run under nice(1).
    options.nice = std::min(::getpriority(PRIO_PROCESS, 0) + 1, 19);
    BOOST_TEST(printed(options, "nice >&2") == std::to_string(*options.nice) + '\n');
}

BOOST_AUTO_TEST_CASE(program_has_a_session_of_its_own)
{
    std::string const script = "ps -o sid= -p $$ | tr -d ' ' >&2; echo $$ >&2";
    std::string const without = printed(options, script);
    BOOST_TEST(without.substr(0, without.find('\n')) == std::to_string(::getsid(0)));
    options.own_session = true;
    std::string const text = printed(options, script);
    std::size_t const half = text.size() / 2;
    BOOST_TEST(text.substr(0, half) == text.substr(half));
}

BOOST_AUTO_TEST_CASE(user_and_groups_are_set)
{
    options.user = "nobody";
    options.supplementary_groups = {"daemon", "4711"};
    if (!is_root) {
        BOOST_TEST(contains(why_not(options), "setting the groups: Operation not permitted"));
        return;
    }
    ::passwd const* const nobody = ::getpwnam("nobody");
    BOOST_REQUIRE(nobody != nullptr);
    std::string const user = std::to_string(nobody->pw_uid);
    std::string const group = std::to_string(nobody->pw_gid);
    BOOST_TEST(printed(options, "id -u >&2; id -g >&2; id -G >&2") == user + '\n' + group + '\n' + group + " 1 4711\n");
    options.supplementary_groups.clear();
    options.group = "daemon";
    // No privilege is left, in any of the sets.
    BOOST_TEST(printed(options, "id -g >&2; grep -E '^(Uid|CapEff|CapPrm)' /proc/self/status >&2") ==
               "1\nUid:\t" + user + '\t' + user + '\t' + user + '\t' + user +
                   "\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n");
}

BOOST_AUTO_TEST_CASE(number_without_an_entry_needs_a_group)
{
    options.user = "54321";
    BOOST_TEST(contains(why_not(options), "the user 54321 has no entry in the database of users: name a group as well"));
    options.group = "54321";
    if (is_root)
        BOOST_TEST(printed(options, "id -u >&2; id -g >&2; grep ^Groups /proc/self/status >&2") == "54321\n54321\nGroups:\t \n");
}

BOOST_AUTO_TEST_CASE(unknown_users_and_groups_are_named)
{
    options.user = "no-such-user";
    BOOST_TEST(contains(why_not(options), ": there is no user \"no-such-user\""));
    options.user.clear();
    options.group = "no-such-group";
    BOOST_TEST(contains(why_not(options), ": there is no group \"no-such-group\""));
    options.group.clear();
    options.supplementary_groups = {"no-such-group"};
    BOOST_TEST(contains(why_not(options), ": there is no group \"no-such-group\""));
}

BOOST_AUTO_TEST_CASE(directory_is_entered_as_the_user)
{
    if (!is_root)
        return;
    options.user = "nobody";
    options.working_directory = folder.path();  // mode 0700
    BOOST_TEST(contains(why_not(options), "Permission denied"));
}

BOOST_AUTO_TEST_CASE(program_is_in_its_cgroup_before_it_begins)
{
    // A real one needs a kernel with a writable hierarchy; a file shows what is written, and that this comes first.
    std::ofstream(folder.path() / "cgroup.procs").flush();
    options.cgroup = folder.path();
    BOOST_TEST(printed(options, "cat '" + folder.path().native() + "/cgroup.procs' >&2") == "0");
    options.cgroup = "/nowhere";
    BOOST_TEST(contains(why_not(options), "opening \"/nowhere/cgroup.procs\": No such file or directory"));
}

BOOST_AUTO_TEST_CASE(program_gets_a_signal_when_its_parent_has_died)
{
    pipe_to_read pipe;
    pipe_to_read silence;
    auto const never_written = silence.writing_end();
    ::pid_t const parent = ::fork();
    if (parent == 0) {
        // Without helper threads, which belong to another process: the thread that starts the program is the only one.
        process_options inner = shell("trap 'echo dead >&3; exit' TERM; echo ready >&3; read nothing <&4");
        inner.parent_death_signal = SIGTERM;
        inner.inherited_fds = {pipe.writing_end(), silence.reading_end()};
        try {
            auto const started = start_process(inner);
            ::pause();
        } catch (std::exception const&) {
            ::_exit(1);
        }
    }
    static_cast<void>(pipe.writing_end());  // closes ours
    BOOST_TEST(pipe.read_line() == "ready\n");
    ::kill(parent, SIGKILL);
    int status = 0;
    ::waitpid(parent, &status, 0);
    BOOST_TEST(pipe.read() == "dead\n");
}

BOOST_AUTO_TEST_CASE(signals_are_neither_blocked_nor_lost_in_the_parent)
{
    ::sigset_t before;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    run_to_end(shell("exit 0"));
    ::sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int number = 1; number < 32; ++number)
        BOOST_TEST(::sigismember(&before, number) == ::sigismember(&after, number));
}

BOOST_AUTO_TEST_CASE(file_that_is_no_program_is_refused)
{
    std::ofstream(folder.path() / "text") << "echo this has no first line that names an interpreter\n";
    std::filesystem::permissions(folder.path() / "text", std::filesystem::perms::owner_all);
    options.program = folder.path() / "text";
    BOOST_TEST(contains(why_not(options), ": Exec format error"));
}

BOOST_AUTO_TEST_SUITE_END()
