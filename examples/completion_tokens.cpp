// Every async_ function takes a completion token, which determines how you receive the result. co_await is one of several ways.
// usage: completion_tokens ADDRESS
#include <coqmp/coqmp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <future>
#include <iostream>

namespace asio = boost::asio;
using boost::system::error_code;

asio::awaitable<void> in_a_coroutine(coqmp::session& session)
{
    // Without a token: co_await returns the reply. If QEMU rejects the command, the reply says so; if there is no reply, it throws.
    coqmp::reply const refusal = co_await session.async_execute("no-such-command");
    std::cout << "co_await: " << refusal << '\n';

    // as_tuple: never throws.
    auto [error, reply] = co_await session.async_execute("query-status", asio::as_tuple(asio::deferred));
    std::cout << "as_tuple: " << (error ? error.message() : "no error") << ", " << reply << '\n';
}

int main(int argc, char** argv)
try {
    if (argc != 2) {
        std::cerr << "usage: completion_tokens ADDRESS\n";
        return 2;
    }
    asio::thread_pool pool{1};  // its thread runs all handlers, so this one is free to block
    coqmp::session session{pool.get_executor()};

    // use_future: the calling thread waits in get(), which throws if the operation fails.
    session.async_connect(coqmp::endpoint::parse(argv[1]), asio::use_future).get();
    std::cout << "use_future: " << session.async_execute("query-status", asio::use_future).get() << '\n';

    // A callback: it runs on the session's executor, and never inside the call that starts the operation.
    std::promise<void> called;
    session.async_execute("query-status", [&called](error_code error, coqmp::reply const& reply) {
        std::cout << "callback: " << (error ? error.message() : "no error") << ", " << reply << '\n';
        called.set_value();
    });
    called.get_future().get();

    // deferred: nothing is sent until you pass another token.
    auto later = session.async_execute("query-status", asio::deferred);
    std::cout << "deferred: " << std::move(later)(asio::use_future).get() << '\n';

    asio::co_spawn(pool, in_a_coroutine(session), asio::use_future).get();
    session.async_close(asio::use_future).get();
} catch (std::exception const& error) {
    std::cerr << "completion_tokens: " << error.what() << '\n';
    return 1;
}
