#include <coqmp/run.hpp>

#include "detail/background_work.hpp"
#include "detail/harmless_text.hpp"
#include "process/helper_thread.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <signal.h>

#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace coqmp {

namespace asio = boost::asio;

namespace {

/// What a signal did before; restored at the end. A signal that is ignored, because of nohup for example, stays ignored.
class kept_signal
{
public:
    explicit kept_signal(int number) noexcept : number_(number) { ::sigaction(number, nullptr, &before_); }
    kept_signal(kept_signal const&) = delete;
    kept_signal& operator=(kept_signal const&) = delete;
    ~kept_signal() { ::sigaction(number_, &before_, nullptr); }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] bool is_ignored() const noexcept { return before_.sa_handler == SIG_IGN; }

private:
    int const number_;
    struct ::sigaction before_{};
};

/// Runs the coroutine, and destroys all that it has left behind.
/// @param caught is set to the signal that cancels it @return what it has thrown
std::exception_ptr run_to_end(asio::awaitable<void> main, int& caught)
{
    kept_signal const interrupt(SIGINT);
    kept_signal const terminate(SIGTERM);
    asio::cancellation_signal stop;  // the coroutine may use it until the context is destroyed
    asio::io_context context(1);
    asio::signal_set signals(context);
    for (kept_signal const* const each : {&interrupt, &terminate})
        if (!each->is_ignored())
            signals.add(each->number());
    std::exception_ptr failure;
    signals.async_wait([&](boost::system::error_code error, int number) {
        if (error)
            return;
        caught = number;
        signals.clear();  // a second signal has its default effect
        stop.emit(asio::cancellation_type::terminal);
    });
    asio::co_spawn(context, std::move(main), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr thrown) {
                       failure = thrown;
                       context.stop();
                   }));
    context.run();
    context.restart();
    for (int most = 1000; most > 0 && context.poll_one() != 0; --most)
        continue;  // what the end of the coroutine has begun
    while (detail::background_work::is_pending(context) && context.run_one() != 0)
        continue;
    return failure;
}

// An exception that no function catches ends the program at once, without its helper threads: a machine would not be killed.
void run_to_rest(asio::awaitable<void> main, int& caught)
{
    auto const failure = run_to_end(std::move(main), caught);
    detail::helper_thread::for_starting().await_rest();
    detail::helper_thread::for_ending().await_rest();
    if (failure)
        std::rethrow_exception(failure);
}

void print_failure(std::string_view name, std::string_view text)
{
    std::cerr << detail::harmless(std::string(name) + ": " + std::string(text)) + '\n';  // in one piece
}

}  // namespace

void run(asio::awaitable<void> main)
{
    int ignored = 0;
    run_to_rest(std::move(main), ignored);
}

int run_program(std::string_view name, asio::awaitable<void> main)
{
    int caught = 0;
    try {
        run_to_rest(std::move(main), caught);
        return 0;
    } catch (boost::system::system_error const& error) {
        if (caught == 0 || error.code() != asio::error::operation_aborted)
            print_failure(name, error.what());
    } catch (std::exception const& error) {
        print_failure(name, error.what());
    } catch (...) {
        print_failure(name, "failed with an exception of an unknown type");
    }
    return caught == 0 ? 1 : 128 + caught;
}

int run_program(std::string_view name, asio::awaitable<int> main)
{
    std::optional<int> result;
    int const failure = run_program(name, detail::keep(std::move(main), result));
    return failure != 0 ? failure : *result;
}

}  // namespace coqmp
