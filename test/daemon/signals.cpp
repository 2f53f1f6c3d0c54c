// The signals that a daemon obeys.
#include "daemon/signals.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <optional>
#include <string>
#include <vector>

using namespace coqmp_daemon;
namespace asio = boost::asio;

namespace {

/// Waits in a coroutine, and says how the wait ended: `reload`, `end`, `aborted` or, so far, nothing.
class wait_for_signal
{
public:
    wait_for_signal(asio::io_context& context, signals& requests) : context_(context)
    {
        asio::co_spawn(
            context, requests.next(),
            asio::bind_cancellation_slot(cancellation_.slot(), [this](std::exception_ptr error, signal_request request) {
                result_ = error ? describe(error) : request == signal_request::reload ? "reload" : "end";
            }));
        context.poll();
    }

    wait_for_signal(wait_for_signal const&) = delete;
    wait_for_signal& operator=(wait_for_signal const&) = delete;
    ~wait_for_signal()
    {
        cancel();
        context_.restart();
        context_.poll();
    }

    void cancel() { cancellation_.emit(asio::cancellation_type::terminal); }
    [[nodiscard]] std::string const& result() const noexcept { return result_; }

private:
    static std::string describe(std::exception_ptr const& error)
    {
        try {
            std::rethrow_exception(error);
        } catch (boost::system::system_error const& thrown) {
            return thrown.code() == asio::error::operation_aborted ? "aborted" : thrown.what();
        }
    }

    asio::io_context& context_;
    asio::cancellation_signal cancellation_;
    std::string result_;
};

struct fixture
{
    /// Sends this process a signal, and lets the loop see it.
    void receive(int number)
    {
        ::raise(number);
        context.restart();
        context.poll();
    }

    std::string next()
    {
        context.restart();
        return wait_for_signal(context, *requests).result();
    }

    asio::io_context context;
    std::optional<signals> requests{context.get_executor()};
};

/// Runs something in a child process. @return the signal that ended it; zero: it came to its end
template <class Work>
int signal_that_ended(Work const& work)
{
    ::pid_t const child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(signals_of_a_daemon, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(each_signal_is_a_request)
{
    receive(SIGHUP);
    BOOST_TEST(next() == "reload");
    BOOST_TEST(next() == "");
}

BOOST_AUTO_TEST_CASE(sigterm_and_sigint_ask_for_the_end)
{
    for (int const number : {SIGTERM, SIGINT}) {
        requests.reset();
        requests.emplace(context.get_executor());
        receive(number);
        BOOST_TEST(next() == "end");
    }
}

BOOST_AUTO_TEST_CASE(a_waiting_coroutine_gets_the_next_request)
{
    wait_for_signal const waiting(context, *requests);
    BOOST_TEST(waiting.result() == "");
    receive(SIGHUP);
    BOOST_TEST(waiting.result() == "reload");
}

BOOST_AUTO_TEST_CASE(requests_that_came_before_the_wait_are_remembered)
{
    receive(SIGHUP);
    receive(SIGHUP);
    BOOST_TEST(next() == "reload");
    BOOST_TEST(next() == "");
    receive(SIGHUP);
    receive(SIGTERM);
    BOOST_TEST(next() == "end");
    BOOST_TEST(next() == "end");
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_cancelled_takes_no_request_away)
{
    // Cancelled after each handler of the loop, until the wait is over by then.
    bool is_over = false;
    bool was_aborted = false;
    for (int handlers = 0; !is_over; ++handlers) {
        std::string result;
        {
            wait_for_signal waiting(context, *requests);
            ::raise(SIGHUP);
            context.restart();
            for (int count = 0; count < handlers; ++count)
                context.poll_one();
            is_over = !waiting.result().empty();
            waiting.cancel();
            context.restart();
            context.poll();
            result = waiting.result();
        }
        BOOST_TEST(((result == "aborted" && next() == "reload") || (result == "reload" && next() == "")));
        was_aborted = was_aborted || result == "aborted";
    }
    BOOST_TEST(was_aborted);
}

BOOST_AUTO_TEST_CASE(destroying_it_ends_the_wait)
{
    wait_for_signal const waiting(context, *requests);
    requests.reset();
    context.restart();
    context.run();
    BOOST_TEST(waiting.result() == "aborted");
}

BOOST_AUTO_TEST_CASE(a_second_request_to_end_ends_the_process_at_once)
{
    for (int const first : {SIGTERM, SIGINT})
        for (int const second : {SIGTERM, SIGINT})
            BOOST_TEST(signal_that_ended([&] {
                           receive(first);
                           ::raise(second);
                       }) == second);
    BOOST_TEST(signal_that_ended([&] { receive(SIGTERM); }) == 0);
}

BOOST_AUTO_TEST_CASE(sighup_reloads_while_the_daemon_ends)
{
    BOOST_TEST(signal_that_ended([&] {
                   receive(SIGTERM);
                   receive(SIGHUP);
               }) == 0);
}

BOOST_AUTO_TEST_CASE(signals_that_mean_nothing_keep_their_defaults)
{
    BOOST_TEST(signal_that_ended([] { ::raise(SIGPIPE); }) == 0);
    BOOST_TEST(signal_that_ended([] { ::raise(SIGUSR1); }) == SIGUSR1);
    BOOST_TEST(signal_that_ended([&] {
                   requests.reset();
                   ::raise(SIGHUP);
               }) == SIGHUP);
}

BOOST_AUTO_TEST_SUITE_END()
