#include "operator.hpp"

#include <coqmp/machine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <fcntl.h>
#include <signal.h>

#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace coqmp::soak {

namespace {

machine_spec small(random& source)
{
    machine_spec result;
    result.arguments = {"-nodefaults", "-display", "none", "-S", "-machine", once_in(source, 5) ? "q35,accel=tcg" : "none"};
    result.session.command_timeout = 20s;
    return result;
}

/// The life of one machine.
class shift
{
public:
    shift(machine& subject, ledger& book, random& source)
        : machine_(subject), session_(subject.session()), book_(book), random_(source)
    {}

    /// @return whether the machine still runs
    asio::awaitable<bool> work()
    {
        for (int round = up_to(random_, 15); round >= 0; --round) {
            if (!co_await act())
                co_return false;
        }
        co_return true;
    }

private:
    asio::awaitable<bool> act()
    {
        switch (up_to(random_, 12)) {
            case 0:
                co_await ask_many();
                co_return true;
            case 1:
                co_await ask("human-monitor-command", "command-line", "info version");
                co_return true;
            case 2:
                co_await carry();
                co_return true;
            case 3:
                co_await run_and_stop();
                co_return true;
            case 4:
                co_await freeze();
                co_return true;
            case 5:
                ++book_.faults;
                machine_.kill();
                co_await meet_the_end();
                co_return false;
            case 6:
                co_await session_.quit();
                co_await meet_the_end();
                co_return false;
            case 7:
                co_await out_of_band();
                co_return true;
            default:
                co_await ask("qom-list", "path", once_in(random_, 2) ? "/" : "/machine");
                co_return true;
        }
    }

    asio::awaitable<void> ask(std::string name, std::string member, std::string value)
    {
        ++book_.operations;
        command what(std::move(name));
        what.with(member, value);
        json::value const answer = co_await session_.execute(std::move(what));
        book_.expect(answer.is_array() || answer.is_string(), "a real QEMU's answer to " + member);
        ++book_.succeeded;
    }

    // More commands than the window admits, and some are cancelled.
    asio::awaitable<void> ask_many()
    {
        auto const executor = session_.get_executor();
        asio::steady_timer all(executor, asio::steady_timer::time_point::max());
        int open = 30;
        for (int index = 0; index < 30; ++index) {
            ++book_.operations;
            command what(index % 2 == 0 ? "query-status" : "query-version");
            what.timeout(once_in(random_, 10) ? 1ms : 20s);
            session_.async_execute(std::move(what), [&, index](error_code error, reply answer) {
                if (!error)
                    book_.expect(answer.value().as_object().contains(index % 2 == 0 ? "status" : "qemu"),
                                 "a real QEMU's answers were mixed up");
                ++(error ? book_.outcome_unknown : book_.succeeded);
                if (--open == 0)
                    all.cancel();
            });
        }
        while (open != 0)
            co_await all.async_wait(asio::as_tuple(asio::deferred));
    }

    asio::awaitable<void> carry()
    {
        book_.operations += 2;
        command get("getfd");
        get.with("fdname", "null").with_descriptor(descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
        co_await session_.execute(std::move(get));
        command close("closefd");
        close.with("fdname", "null");
        co_await session_.execute(std::move(close));
        book_.succeeded += 2;
    }

    asio::awaitable<void> run_and_stop()
    {
        book_.operations += 2;
        co_await session_.execute_until("cont", "RESUME");
        co_await session_.execute_until("stop", "STOP");
        book_.succeeded += 2;
        book_.events += 2;
    }

    // A machine that hangs for a while: commands sent meanwhile time out, and the session continues.
    asio::awaitable<void> freeze()
    {
        ++book_.faults;
        ++book_.operations;
        ::kill(machine_.pid(), SIGSTOP);
        command what("query-status");
        what.timeout(20ms);
        auto const [error, answer] = co_await session_.async_execute(std::move(what), asio::as_tuple(asio::deferred));
        ::kill(machine_.pid(), SIGCONT);
        // QEMU may have answered before the signal reached it.
        book_.expect(!error || error == errc::timed_out, "a frozen QEMU gives " + error.message());
        ++(error ? book_.outcome_unknown : book_.succeeded);
    }

    asio::awaitable<void> out_of_band()
    {
        ++book_.operations;
        command what("query-yank");
        what.out_of_band();
        co_await session_.execute(std::move(what));
        ++book_.succeeded;
    }

    asio::awaitable<void> meet_the_end()
    {
        auto const end = co_await session_.async_wait_closed();
        error_code const why = end.reason;
        book_.expect(why == errc::disconnected, "a QEMU that ended gives " + why.message());
        auto const [error, status] = co_await machine_.async_wait(asio::as_tuple(asio::deferred));
        book_.expect(!error, "waiting for the end of a machine gives " + error.message());
    }

    machine& machine_;
    session& session_;
    ledger& book_;
    random& random_;
};

asio::awaitable<void> operate_one(listener* door, ledger& book, random& source)
{
    ++book.machines;
    machine subject(co_await asio::this_coro::executor, small(source));
    if (door != nullptr)
        co_await subject.async_start(*door);
    else
        co_await subject.async_start();
    event_stream const unread = subject.session().subscribe();
    shift today(subject, book, source);
    bool const lives = co_await today.work();
    if (lives && once_in(source, 2))
        co_await subject.async_shutdown(once_in(source, 2) ? 2s : 0s);
    // Otherwise the machine is destroyed while it runs.
}

}  // namespace

asio::awaitable<void> operate_machines(listener& door, ledger& book, std::uint64_t seed,
                                       std::chrono::steady_clock::time_point until)
{
    random source(seed);
    while (std::chrono::steady_clock::now() < until) {
        try {
            co_await operate_one(once_in(source, 2) ? &door : nullptr, book, source);
        } catch (std::exception const& error) {
            book.violation(std::string("a machine's operator got: ") + error.what());
        }
    }
}

}  // namespace coqmp::soak
