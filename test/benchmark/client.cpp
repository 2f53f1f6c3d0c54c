// Does the same as raw_client with coqmp, through the public interface and from coroutines, with everything that a user gets:
// deadlines, cancellation, and replies and events as values.
// usage: client SOCKET commands WIDTH COUNT | events COUNT | schema COUNT | connect COUNT
#include "measure.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::benchmark::measurement;

std::size_t number(char const* text)
{
    return std::stoul(text);
}

asio::awaitable<void> ask(coqmp::session& client, std::size_t& left)
{
    while (left != 0) {
        --left;
        co_await client.execute("query-status");
    }
}

/// WIDTH coroutines, each with one command at a time.
asio::awaitable<void> run_commands(coqmp::endpoint where, std::size_t width, std::size_t count)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::session_options options;
    options.in_band_window = width;
    coqmp::session client(executor, options);
    co_await client.async_connect(where, asio::deferred);
    std::size_t left = count;
    std::size_t running = width;
    asio::steady_timer all(executor, asio::steady_timer::time_point::max());
    measurement const measured;
    for (std::size_t index = 0; index < width; ++index)
        asio::co_spawn(executor, ask(client, left), [&](std::exception_ptr) {
            if (--running == 0)
                all.cancel();
        });
    auto const [ended] = co_await all.async_wait(asio::as_tuple(asio::deferred));
    measured.print();
    static_cast<void>(ended);
}

asio::awaitable<void> run_events(coqmp::endpoint where, std::size_t count)
{
    coqmp::session_options options;
    coqmp::session client(co_await asio::this_coro::executor, options);
    co_await client.async_connect(where, asio::deferred);
    coqmp::event_stream events = client.subscribe();
    measurement const measured;
    coqmp::command flood("flood");
    flood.with("count", count);
    client.async_execute(flood, asio::detached);
    std::size_t seen = 0;
    while (seen < count) {
        auto const event = co_await events.next();
        seen += 1 + event.value().lost_before;
    }
    measured.print();
    if (events.lost() != 0)
        std::cerr << events.lost() << " of " << count << " events were lost\n";
}

asio::awaitable<void> run_schema(coqmp::endpoint where, std::size_t count)
{
    coqmp::session client(co_await asio::this_coro::executor);
    co_await client.async_connect(where, asio::deferred);
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        json::value const schema = co_await client.execute("query-qmp-schema");
        if (schema.as_array().size() < 1000)
            throw std::runtime_error("that is no schema");
    }
    measured.print();
}

asio::awaitable<void> run_connect(coqmp::endpoint where, std::size_t count)
{
    auto const executor = co_await asio::this_coro::executor;
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        coqmp::session client(executor);
        co_await client.async_connect(where, asio::deferred);
        co_await client.quit();
    }
    measured.print();
}

asio::awaitable<void> run_work(int argc, char** argv)
{
    std::string_view const work = argv[2];
    auto const where = coqmp::endpoint::unix_socket(argv[1]);
    if (work == "commands" && argc == 5)
        co_await run_commands(where, number(argv[3]), number(argv[4]));
    else if (work == "events" && argc == 4)
        co_await run_events(where, number(argv[3]));
    else if (work == "schema" && argc == 4)
        co_await run_schema(where, number(argv[3]));
    else if (work == "connect" && argc == 4)
        co_await run_connect(where, number(argv[3]));
    else
        throw std::invalid_argument("usage: client SOCKET commands WIDTH COUNT | events COUNT | schema COUNT | connect COUNT");
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 3) {
        std::cerr << "usage: client SOCKET WORK [NUMBER...]\n";
        return EXIT_FAILURE;
    }
    try {
        asio::io_context context(1);
        asio::co_spawn(context, run_work(argc, argv), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
        context.run();
        return EXIT_SUCCESS;
    } catch (std::exception const& error) {
        std::cerr << "client: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
