// Children: what they are given, what is known of their end, and that nothing of them stays.
#include "process/process.hpp"

#include "detail/pidfd.hpp"
#include "process/process_tree.hpp"
#include "support/helper_threads.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
using coqmp::exit_status;
using coqmp::detail::process;
using coqmp::detail::process_options;
using coqmp::detail::start_process;
using namespace coqmp::test;

namespace {

process_options shell(std::string text)
{
    process_options options;
    options.program = "sh";
    options.arguments = {"-c", std::move(text)};
    return options;
}

std::shared_ptr<process> start(asio::io_context& context, process_options const& options)
{
    return std::make_shared<process>(context.get_executor(), start_process(options), options);
}

struct outcome
{
    exit_status status;
    std::string errors;
};

outcome run_to_end(process_options const& options)
{
    asio::io_context context;
    auto const child = start(context, options);
    std::optional<exit_status> status;
    child->watch([&status](exit_status how) { status = how; });
    context.run();
    BOOST_TEST(is_gone(child->pid()));
    return {status.value(), child->standard_error()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(exit_code_and_words_are_known)
{
    auto const [status, errors] = run_to_end(shell("echo one >&2; echo two >&2; exit 7"));
    BOOST_TEST((status == exit_status{7, 0}));
    BOOST_TEST(errors == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(killing_signal_is_known)
{
    BOOST_TEST((run_to_end(shell("kill -TERM $$")).status == exit_status{-1, SIGTERM}));
}

BOOST_AUTO_TEST_CASE(standard_input_is_empty)
{
    BOOST_TEST(run_to_end(shell("cat >&2; echo end >&2")).errors == "end\n");
}

BOOST_AUTO_TEST_CASE(child_has_no_descriptors_but_its_own)
{
    int const inheritable = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
    // The shell expands the list with a descriptor of its own; ls would need one too.
    auto const errors = run_to_end(shell("for n in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo $n >&2; done; true")).errors;
    ::close(inheritable);
    BOOST_TEST(errors == "");
}

BOOST_AUTO_TEST_CASE(descriptor_is_handed_over_as_number_three)
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    process_options options = shell("echo hello >&3");
    options.inherited_fds.assign(1, coqmp::descriptor(ends[1]));
    BOOST_TEST(run_to_end(options).status.exit_code == 0);
    std::array<char, 16> buffer{};
    BOOST_TEST(::read(ends[0], buffer.data(), buffer.size()) == 6);
    BOOST_TEST(std::string(buffer.data()) == "hello\n");
    ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(signals_are_neither_blocked_nor_ignored)
{
    ::sigset_t all;
    ::sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    auto const pipe_handler = ::signal(SIGPIPE, SIG_IGN);
    auto const errors = run_to_end(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status >&2")).errors;
    ::signal(SIGPIPE, pipe_handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // glibc leaves two signals of its own ignored, 32 and 33; no program can use them.
    BOOST_TEST((errors == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ||
                errors == "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n"),
               errors);
}

BOOST_AUTO_TEST_CASE(environment_can_be_replaced)
{
    process_options options = shell("echo $COLOUR$HOME >&2");
    options.environment = {"COLOUR=blue"};
    BOOST_TEST(run_to_end(options).errors == "blue\n");
}

BOOST_AUTO_TEST_CASE(tail_keeps_whole_lines_of_the_end)
{
    process_options options = shell("i=0; while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done");
    options.error_tail = 100;
    std::string const tail = run_to_end(options).errors;
    BOOST_TEST(tail.size() <= 100U);
    BOOST_TEST(tail.starts_with("line "));
    BOOST_TEST(tail.ends_with("line 19999\n"));
}

BOOST_AUTO_TEST_CASE(end_is_seen_while_a_grandchild_holds_the_standard_error)
{
    asio::io_context context;
    // cat ends when the test closes its end of the pipe, which the grandchild has as number 3.
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    process_options options = shell("cat <&3 >&2 & echo words >&2; exit 3");
    options.inherited_fds.assign(1, coqmp::descriptor(ends[0]));
    auto const [status, errors] = run_to_end(options);
    ::close(ends[1]);
    BOOST_TEST(status.exit_code == 3);
    BOOST_TEST(errors == "words\n");
}

BOOST_AUTO_TEST_CASE(missing_program_is_named_and_costs_nothing)
{
    await_helper_threads();
    std::size_t const before = open_descriptors();
    process_options options;
    options.program = "qemu-foo";
    BOOST_CHECK_EXCEPTION(static_cast<void>(start_process(options)), std::runtime_error, [](std::runtime_error const& error) {
        return std::string(error.what()) == "cannot start \"qemu-foo\": No such file or directory";
    });
    BOOST_TEST(open_descriptors() == before);
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(program_that_is_not_executable_is_refused)
{
    process_options options;
    options.program = "/etc/passwd";
    BOOST_CHECK_EXCEPTION(static_cast<void>(start_process(options)), std::runtime_error, [](std::runtime_error const& error) {
        return std::string(error.what()) == "cannot start \"/etc/passwd\": Permission denied";
    });
}

BOOST_AUTO_TEST_CASE(process_and_its_children_are_killed_and_reaped_when_the_object_goes)
{
    await_helper_threads();
    std::size_t const before = open_descriptors();
    {
        asio::io_context context;
        auto const child = start(context, shell("cat /dev/zero > /dev/null"));
        child->watch([](exit_status) {});
    }
    await_helper_threads();
    await_no_child();
    BOOST_TEST(no_child_is_left());
    // The reaping thread closes the pidfd just after: it may be counted for a moment.
    while (open_descriptors() != before)
        ::sched_yield();
}

BOOST_AUTO_TEST_CASE(signal_reaches_what_a_wrapper_has_started)
{
    asio::io_context context;
    process_options options = shell("(echo ready; exec cat /dev/zero) >&3 & wait");
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    {
        options.inherited_fds.assign(1, coqmp::descriptor(ends[1]));
        auto const child = start(context, options);
        options.inherited_fds.clear();
        std::array<char, 6> buffer{};
        BOOST_REQUIRE(::read(ends[0], buffer.data(), buffer.size()) > 0);
        child->watch([](exit_status) {});
        child->signal(SIGKILL);
        context.run();
    }
    // End of file comes when the last holder of the other end is gone: the grandchild.
    std::array<char, 4096> rest{};
    while (::read(ends[0], rest.data(), rest.size()) > 0)
        continue;
    ::close(ends[0]);
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(descendants_are_those_of_the_pidfd_and_not_of_the_number)
{
    asio::io_context context;
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    process_options options = shell("sleep 1000 & echo ready >&3; wait");
    options.inherited_fds.assign(1, coqmp::descriptor(ends[1]));
    auto const stranger = start(context, options);
    std::array<char, 6> buffer{};
    BOOST_REQUIRE(::read(ends[0], buffer.data(), buffer.size()) > 0);
    ::close(ends[0]);
    ::pid_t const number = stranger->pid();
    // As if the stranger had got the number of one that has been reaped.
    ::pid_t const reaped = ::fork();
    if (reaped == 0)
        ::_exit(0);
    coqmp::descriptor const reaped_one(coqmp::detail::open_pidfd(reaped));
    BOOST_REQUIRE(::waitpid(reaped, nullptr, 0) == reaped);
    coqmp::descriptor const stranger_itself(coqmp::detail::open_pidfd(number));

    std::vector<coqmp::descriptor> found;
    coqmp::detail::find_descendants(number, reaped_one.number(), true, found);
    BOOST_TEST(found.empty());
    coqmp::detail::find_descendants(number, stranger_itself.number(), false, found);
    BOOST_TEST(found.size() == 1U);
}

BOOST_AUTO_TEST_CASE(child_that_others_have_reaped_is_not_signalled_and_its_end_is_seen)
{
    asio::io_context context;
    auto const child = start(context, shell("exit 3"));
    BOOST_REQUIRE(::waitpid(child->pid(), nullptr, 0) == child->pid());
    std::optional<exit_status> status;
    child->watch([&status](exit_status how) { status = how; });
    child->signal(SIGKILL);
    context.run();
    BOOST_TEST((status == exit_status{}));
}

BOOST_AUTO_TEST_CASE(what_goes_on_starting_others_is_killed_with_all_of_them)
{
    asio::io_context context;
    for (int round = 0; round < 300; ++round) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        process_options options = shell("echo ready >&3; while :; do sleep 1000 & done");
        options.inherited_fds.assign(1, coqmp::descriptor(ends[1]));
        auto child = start(context, options);
        options.inherited_fds.clear();
        std::array<char, 4096> buffer{};
        BOOST_REQUIRE(::read(ends[0], buffer.data(), buffer.size()) > 0);
        child.reset();
        // End of file comes when all that it has started are gone.
        while (::read(ends[0], buffer.data(), buffer.size()) > 0)
            continue;
        ::close(ends[0]);
        await_helper_threads();
        await_no_child();
    }
}

BOOST_AUTO_TEST_SUITE_END()
