// One session, many threads: any of them may call every member. The session's own work must not run on two threads at once, so a
// pool needs a strand for it. A coroutine or callback that has an executor of its own runs there.
// usage: threads_and_strands ADDRESS
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <future>
#include <iostream>
#include <numeric>
#include <thread>
#include <vector>

namespace asio = boost::asio;

asio::awaitable<int> ask(coqmp::session& session, int times)
{
    int good = 0;
    for (int i = 0; i < times; ++i) {
        auto const status = co_await session.execute("query-status");  // resumes on any thread of the pool
        good += status.as_object().contains("running") ? 1 : 0;
    }
    co_return good;
}

int main(int argc, char** argv)
try {
    if (argc != 2) {
        std::cerr << "usage: threads_and_strands ADDRESS\n";
        return 2;
    }
    asio::thread_pool pool{4};
    coqmp::session session{asio::make_strand(pool)};
    session.async_connect(coqmp::endpoint::parse(argv[1]), asio::use_future).get();

    std::vector<std::future<int>> coroutines;
    for (int i = 0; i < 10; ++i)
        coroutines.push_back(asio::co_spawn(pool, ask(session, 20), asio::use_future));
    int const good = std::accumulate(coroutines.begin(), coroutines.end(), 0, [](int sum, auto& one) { return sum + one.get(); });
    std::cout << "10 coroutines on 4 threads: " << good << " answers\n";

    // A callback without an executor runs on the session's strand, so no two run at once, and a plain int can count them.
    int answered = 0;
    std::promise<void> all;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 100; ++i)
        threads.emplace_back([&] {
            session.async_execute("query-status", [&](auto, auto const&) { ++answered == 100 ? all.set_value() : void(); });
        });
    all.get_future().get();
    std::cout << "100 threads with callbacks on one strand: " << answered << " answers\n";
    session.async_close(asio::use_future).get();
} catch (std::exception const& error) {
    std::cerr << "threads_and_strands: " << error.what() << '\n';
    return 1;
}
