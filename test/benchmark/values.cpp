// What decoding costs: execute_as() beside execute() and Boost.JSON's value_to(); and the memory of a schema, a session and a
// reconnecting session.
// usage: values SOCKET execute_as|value_to|schema|sessions COUNT
#include "measure.hpp"

#include <coqmp/query_schema.hpp>
#include <coqmp/reconnecting_session.hpp>
#include <coqmp/session.hpp>
#include <coqmp/values.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/describe/class.hpp>

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::benchmark::measurement;

constexpr char const* usage = "usage: values SOCKET execute_as|value_to|schema|sessions COUNT";

/// All that the responder sends, because value_to() of Boost 1.81 rejects what is not described.
struct run_state
{
    bool running = false;
    bool singlestep = false;
    std::string status;
};
BOOST_DESCRIBE_STRUCT(run_state, (), (running, singlestep, status))

asio::awaitable<void> connect(coqmp::session& client, coqmp::endpoint where)
{
    co_await client.async_connect(std::move(where), asio::deferred);
}

asio::awaitable<void> run_execute_as(coqmp::endpoint where, std::size_t count)
{
    coqmp::session client(co_await asio::this_coro::executor);
    co_await connect(client, std::move(where));
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        run_state const state = co_await client.execute_as<run_state>("query-status");
        if (state.status.empty())
            throw std::runtime_error("the responder has no status");
    }
    measured.print();
}

asio::awaitable<void> run_value_to(coqmp::endpoint where, std::size_t count)
{
    coqmp::session client(co_await asio::this_coro::executor);
    co_await connect(client, std::move(where));
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        json::value const returned = co_await client.execute("query-status");
        run_state const state = json::value_to<run_state>(returned);
        if (state.status.empty())
            throw std::runtime_error("the responder has no status");
    }
    measured.print();
}

asio::awaitable<void> run_schema(coqmp::endpoint where, std::size_t count)
{
    coqmp::session client(co_await asio::this_coro::executor);
    co_await connect(client, std::move(where));
    std::size_t memory = 0;
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        coqmp::schema const known = co_await coqmp::query_schema(client, coqmp::schema_source::this_qemu);
        memory = known.memory();
    }
    std::printf(R"({"work": %s, "memory": %zu})"
                "\n",
                measured.json().c_str(), memory);
}

std::size_t heap()
{
    return ::mallinfo2().uordblks;
}

/// Prints the bytes on the heap for each idle session.
asio::awaitable<void> run_sessions(coqmp::endpoint where, std::size_t count)
{
    auto const executor = co_await asio::this_coro::executor;
    std::deque<coqmp::session> plain;
    std::deque<coqmp::reconnecting_session> reconnecting;
    std::size_t const begin = heap();
    for (std::size_t each = 0; each < count; ++each)
        co_await connect(plain.emplace_back(executor), where);
    std::size_t const middle = heap();
    for (std::size_t each = 0; each < count; ++each)
        co_await reconnecting.emplace_back(executor, where).async_wait_connected(asio::deferred);
    std::size_t const end = heap();
    std::printf(R"({"session": %zu, "reconnecting": %zu})"
                "\n",
                (middle - begin) / count, (end - middle) / count);
}

asio::awaitable<void> work(coqmp::endpoint where, std::string_view kind, std::size_t count)
{
    if (kind == "execute_as")
        return run_execute_as(std::move(where), count);
    if (kind == "value_to")
        return run_value_to(std::move(where), count);
    if (kind == "schema")
        return run_schema(std::move(where), count);
    if (kind == "sessions")
        return run_sessions(std::move(where), count);
    throw std::runtime_error(usage);
}

}  // namespace

int main(int argc, char** argv)
try {
    if (argc != 4)
        throw std::runtime_error(usage);
    asio::io_context context(1);
    asio::co_spawn(context, work(coqmp::endpoint::unix_socket(argv[1]), argv[2], std::stoul(argv[3])),
                   [](std::exception_ptr failure) {
                       if (failure)
                           std::rethrow_exception(failure);
                   });
    context.run();
} catch (std::exception const& error) {
    std::cerr << "values: " << error.what() << '\n';
    return 1;
}
