#include "lasting_operator.hpp"

#include "support/processes.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <signal.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace coqmp::soak {

namespace {

bool is_number(std::string const& text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The processes that have this text in their command line. A zombie has none.
std::vector<::pid_t> processes_with(std::string const& text)
{
    std::vector<::pid_t> found;
    std::error_code error;
    std::filesystem::directory_iterator each("/proc", error);
    for (; !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        std::string const name = each->path().filename();
        if (!is_number(name))
            continue;
        std::ifstream file(each->path() / "cmdline");
        std::string line;  // an argument; those of a process that has ended cannot be read
        bool is_found = false;
        while (!is_found && std::getline(file, line, '\0'))
            is_found = line.find(text) != std::string::npos;
        if (is_found)
            found.push_back(static_cast<::pid_t>(std::stol(name)));
    }
    return found;
}

error_code code_of(std::exception_ptr const& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        return error.code();
    }
}

/// One QEMU, launched, released and adopted.
class lasting_shift
{
public:
    lasting_shift(asio::any_io_executor executor, ledger& book, random& source)
        : executor_(std::move(executor)), book_(book), random_(source), adopting_(executor_)
    {}
    lasting_shift(lasting_shift const&) = delete;
    lasting_shift& operator=(lasting_shift const&) = delete;
    // A broken promise must not leave a QEMU behind, which would keep the soak from ending.
    ~lasting_shift()
    {
        machine_.reset();
        for (::pid_t const each : processes_with(where_.path()))
            ::kill(each, SIGKILL);
    }

    asio::awaitable<void> work(time_point until)
    {
        ++book_.machines;
        co_await launch();
        for (int round = up_to(random_, 5); round >= 0 && std::chrono::steady_clock::now() < until; --round) {
            co_await use();
            if (once_in(random_, 2))
                co_await be_replaced();
            expect_one();
            release();
            if (once_in(random_, 10))
                co_return co_await kill_released();
            co_await neglect();
            co_await adopt();
            expect_one();
        }
        co_await end();
    }

private:
    asio::awaitable<void> launch()
    {
        machine_spec spec = test::bare_qemu();
        spec.outlives_us = true;
        spec.session.command_timeout = 20s;
        door_.emplace(executor_, where_);
        machine_.emplace(executor_, std::move(spec));
        co_await machine_->async_start(*door_);
        record_ = machine_->record();
    }

    asio::awaitable<void> use()
    {
        for (int count = up_to(random_, 5); count > 0; --count) {
            ++book_.operations;
            auto const answer = co_await machine_->session().execute("query-status");
            book_.expect(answer.is_object(), "a real QEMU's answer to query-status");
            ++book_.succeeded;
        }
        book_.expect(machine_->record() == record_, "a machine's record has changed");
        book_.expect(machine_->pid() == record_.process, "a machine is another process than its record says");
    }

    // The machine is moved to another object.
    asio::awaitable<void> be_replaced()
    {
        machine moved = std::move(*machine_);
        machine_.emplace(std::move(moved));
        co_await use();
    }

    void release()
    {
        book_.expect(machine_->release() == record_, "a machine's record has changed on its release");
        if (once_in(random_, 2))
            machine_.reset();
        if (once_in(random_, 2))
            door_.reset();
        expect_one();
        machine_.reset();
    }

    // Nothing of this program is connected with the machine, and it may even be stopped.
    asio::awaitable<void> neglect()
    {
        bool const stops = once_in(random_, 4);
        if (stops) {
            ++book_.faults;
            ::kill(record_.process, SIGSTOP);
        }
        co_await rest(random_, once_in(random_, 4) ? 1500 : 50);
        if (!door_)
            door_.emplace(executor_, where_);
        if (once_in(random_, 3))
            co_await adopt_another();
        if (once_in(random_, 3))
            co_await adopt_and_cancel();
        if (stops)
            ::kill(record_.process, SIGCONT);
        expect_one();
    }

    // The record of an earlier process of this number.
    asio::awaitable<void> adopt_another()
    {
        machine_record other = record_;
        other.start_time -= 1;
        asio::cancellation_signal never;
        error_code const error = co_await try_to_adopt(other, 0ms, never);
        book_.expect(error == errc::not_the_machine, "adopting another process gives " + error.message());
    }

    asio::awaitable<void> adopt_and_cancel()
    {
        ++book_.faults;
        asio::cancellation_signal stop;
        error_code const error = co_await try_to_adopt(record_, std::chrono::milliseconds(1 + up_to(random_, 1500)), stop);
        book_.expect(!error || error == asio::error::operation_aborted, "a cancelled adoption gives " + error.message());
        if (!error)
            release();
        if (!door_)
            door_.emplace(executor_, where_);
    }

    /// @param after when it is cancelled; zero: never
    asio::awaitable<error_code> try_to_adopt(machine_record record, std::chrono::milliseconds after,
                                             asio::cancellation_signal& stop)
    {
        ++book_.operations;
        error_code result;
        adopting_.begin();
        auto at_end = [this, &result](std::exception_ptr const& failure) {
            if (failure)
                result = code_of(failure);
            adopting_.end();
        };
        asio::co_spawn(executor_, adopt_into_place(std::move(record)),
                       asio::bind_cancellation_slot(stop.slot(), std::move(at_end)));
        if (after > 0ms) {
            asio::steady_timer timer(executor_, after);
            co_await timer.async_wait(asio::deferred);
            stop.emit(asio::cancellation_type::terminal);
        }
        co_await adopting_.done();
        ++(result ? book_.cancelled : book_.succeeded);
        co_return result;
    }

    asio::awaitable<void> adopt_into_place(machine_record record)
    {
        machine adopted = co_await machine::adopt(*door_, std::move(record));
        machine_.emplace(std::move(adopted));
    }

    asio::awaitable<void> adopt()
    {
        ++book_.operations;
        co_await adopt_into_place(record_);
        ++book_.succeeded;
        ++book_.adoptions;
    }

    // A machine that ends after its release is reaped, and cannot be adopted.
    asio::awaitable<void> kill_released()
    {
        ++book_.faults;
        ::kill(record_.process, SIGKILL);
        if (!door_)
            door_.emplace(executor_, where_);
        asio::cancellation_signal never;
        error_code const error = co_await try_to_adopt(record_, 0ms, never);
        book_.expect(error == errc::not_the_machine || error == errc::machine_exited,
                     "adopting a machine that was killed gives " + error.message());
        co_await expect_none();
    }

    asio::awaitable<void> end()
    {
        switch (up_to(random_, 3)) {
            case 0:
                machine_.reset();  // kills it
                break;
            case 1:
                machine_->kill();
                co_await wait();
                break;
            default: {
                ++book_.operations;
                auto const [error, status] = co_await machine_->async_shutdown(10s, asio::as_tuple(asio::deferred));
                book_.expect(!error, "shutting down a lasting machine gives " + error.message());
                ++book_.succeeded;
                book_.expect(machine_->end() && machine_->end()->reason == end_reason::requested,
                             "a lasting machine that was shut down ended for another reason");
                break;
            }
        }
        co_await expect_none();
    }

    asio::awaitable<void> wait()
    {
        auto const [error, status] = co_await machine_->async_wait(asio::as_tuple(asio::deferred));
        book_.expect(!error, "waiting for the end of a lasting machine gives " + error.message());
    }

    void expect_one()
    {
        auto const found = processes_with(where_.path());
        bool const is_the_one = found.size() == 1 && found.front() == record_.process;
        book_.expect(is_the_one, "a record has " + std::to_string(found.size()) + " processes");
    }

    // A machine that was destroyed ends in the background.
    asio::awaitable<void> expect_none()
    {
        auto const limit = std::chrono::steady_clock::now() + 20s;
        while (!processes_with(where_.path()).empty() && std::chrono::steady_clock::now() < limit)
            co_await rest(random_, 20);
        book_.expect(processes_with(where_.path()).empty(), "a machine is left behind");
    }

    test::temporary_directory directory_;
    endpoint const where_ = endpoint::unix_socket(directory_.path() / "monitor");
    asio::any_io_executor executor_;
    ledger& book_;
    random& random_;
    under_way adopting_;
    std::optional<listener> door_;
    std::optional<machine> machine_;
    machine_record record_;
};

}  // namespace

asio::awaitable<void> operate_lasting_machines(ledger& book, std::uint64_t seed, time_point until)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    while (std::chrono::steady_clock::now() < until) {
        try {
            lasting_shift today(executor, book, source);
            co_await today.work(until);
        } catch (std::exception const& error) {
            book.violation(std::string("a lasting machine's operator got: ") + error.what());
        }
    }
}

}  // namespace coqmp::soak
