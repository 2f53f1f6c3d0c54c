// Many sessions in one process: the cost of each, and how the latency of a command grows with their number.
// usage: fleet SOCKET SESSIONS SECONDS busy|paced [THREADS] [silent] [flood:SOCKET]
// `busy`: each session sends its next command as soon as it has an answer; `paced`: one command a second. `silent` adds a session
// whose peer never answers, `flood:SOCKET` one whose peer (another responder) sends events as fast as it can.
#include "measure.hpp"
#include "support/memory.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using clock_type = std::chrono::steady_clock;
using coqmp::benchmark::measurement;
using std::chrono::microseconds;

/// The latencies of commands, to the microsecond and up to one second.
class latencies
{
public:
    void add(clock_type::duration one)
    {
        auto const exact = static_cast<std::size_t>(std::chrono::duration_cast<microseconds>(one).count());
        ++counts_[std::min(exact, counts_.size() - 1)];
        ++total_;
    }

    void add(latencies const& others)
    {
        for (std::size_t index = 0; index < counts_.size(); ++index)
            counts_[index] += others.counts_[index];
        total_ += others.total_;
    }

    [[nodiscard]] std::size_t total() const noexcept { return total_; }

    /// @return the microseconds that this fraction of all commands did not exceed
    [[nodiscard]] std::size_t quantile(double part) const
    {
        auto const wanted = static_cast<std::size_t>(part * static_cast<double>(total_));
        std::size_t seen = 0;
        for (std::size_t index = 0; index < counts_.size(); ++index) {
            seen += counts_[index];
            if (seen > wanted)
                return index;
        }
        return counts_.size();
    }

private:
    std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(1'000'001);
    std::size_t total_ = 0;
};

struct settings
{
    std::string socket;
    std::size_t sessions = 0;
    std::chrono::seconds length{};
    bool paced = false;
    std::size_t threads = 1;
    bool silent = false;
    std::string flood;
};

settings read_settings(int argc, char** argv)
{
    if (argc < 5)
        throw std::invalid_argument("usage: fleet SOCKET SESSIONS SECONDS busy|paced [THREADS] [silent] [flood:SOCKET]");
    settings result;
    result.socket = argv[1];
    result.sessions = std::stoul(argv[2]);
    result.length = std::chrono::seconds(std::stol(argv[3]));
    result.paced = std::string_view(argv[4]) == "paced";
    for (int index = 5; index < argc; ++index) {
        std::string_view const word = argv[index];
        if (word == "silent")
            result.silent = true;
        else if (word.starts_with("flood:"))
            result.flood = word.substr(6);
        else
            result.threads = std::stoul(argv[index]);
    }
    return result;
}

class fleet
{
public:
    explicit fleet(settings wanted) : settings_(std::move(wanted)), context_(static_cast<int>(settings_.threads)) {}

    void run()
    {
        std::size_t const before = coqmp::test::resident_bytes();
        measurement const connecting;
        connect();
        std::size_t const resident = coqmp::test::resident_bytes() - before;
        std::string const connected = connecting.json();
        measurement const working;
        end_ = clock_type::now() + settings_.length;
        work();
        latencies all;
        for (latencies const& each : seen_)
            all.add(each);
        std::cout << R"({"connect": )" << connected << R"(, "work": )" << working.json() << R"(, "commands": )" << all.total()
                  << R"(, "p50": )" << all.quantile(0.5) << R"(, "p99": )" << all.quantile(0.99)
                  << R"(, "resident_per_session": )" << resident / settings_.sessions << "}\n";
    }

private:
    /// The executor of a session. With more than one thread it must be a strand.
    asio::any_io_executor executor()
    {
        if (settings_.threads == 1)
            return context_.get_executor();
        return asio::make_strand(context_);
    }

    void run_context()
    {
        context_.restart();
        std::vector<std::thread> others;
        for (std::size_t index = 1; index < settings_.threads; ++index)
            others.emplace_back([this] { context_.run(); });
        context_.run();
        for (std::thread& each : others)
            each.join();
    }

    void connect()
    {
        constexpr std::size_t at_once = 2000;  // the kernel queues 4,096 connections for a listener, and rejects more
        sessions_.reserve(settings_.sessions + 2);
        for (std::size_t index = 0; index < settings_.sessions; ++index) {
            if (running_ == at_once)
                run_context();
            add(settings_.socket);
        }
        if (settings_.silent)
            add(settings_.socket);
        if (!settings_.flood.empty())
            add(settings_.flood);
        run_context();
    }

    void add(std::string const& socket)
    {
        ++running_;
        sessions_.emplace_back(executor());
        sessions_.back().async_connect(coqmp::endpoint::unix_socket(socket), [this](boost::system::error_code error) {
            if (error)
                throw boost::system::system_error(error, "connect");
            one_has_ended();
        });
    }

    /// Sessions that read keep the context running, so it must be stopped.
    void one_has_ended()
    {
        if (--running_ == 0)
            context_.stop();
    }

    void work()
    {
        running_ = settings_.sessions;
        seen_ = std::vector<latencies>(settings_.threads);
        for (std::size_t index = 0; index < settings_.sessions; ++index)
            asio::co_spawn(sessions_[index].get_executor(), ask(sessions_[index], index), [this](std::exception_ptr failure) {
                if (failure)
                    std::rethrow_exception(failure);
                one_has_ended();
            });
        std::size_t next = settings_.sessions;
        if (settings_.silent)
            sessions_[next++].async_execute("hang", asio::detached);
        if (!settings_.flood.empty())
            asio::co_spawn(sessions_[next].get_executor(), drink(sessions_[next]), asio::detached);
        run_context();
    }

    asio::awaitable<void> ask(coqmp::session& client, std::size_t number)
    {
        asio::steady_timer pace(client.get_executor());
        clock_type::time_point next = clock_type::now();
        if (settings_.paced)  // spread the commands over the second
            next += std::chrono::nanoseconds(std::chrono::seconds(1)) / settings_.sessions * number;
        while (clock_type::now() < end_) {
            if (settings_.paced) {
                pace.expires_at(next);
                next += std::chrono::seconds(1);
                co_await pace.async_wait(asio::deferred);
            }
            auto const begin = clock_type::now();
            co_await client.execute("query-status");
            seen_[thread_number()].add(clock_type::now() - begin);
        }
    }

    static asio::awaitable<void> drink(coqmp::session& client)
    {
        coqmp::event_stream events = client.subscribe();
        coqmp::command flood("flood");
        flood.with("count", 1'000'000'000);
        client.async_execute(std::move(flood), asio::detached);
        while (auto const event = co_await events.next())
            continue;
    }

    std::size_t thread_number()
    {
        static thread_local std::size_t const number = threads_seen_++;
        return number % settings_.threads;
    }

    settings settings_;
    asio::io_context context_;
    std::vector<coqmp::session> sessions_;
    std::vector<latencies> seen_;
    std::atomic<std::size_t> running_{0};
    std::atomic<std::size_t> threads_seen_{0};
    clock_type::time_point end_;
};

}  // namespace

int main(int argc, char** argv)
{
    try {
        fleet(read_settings(argc, argv)).run();
        return EXIT_SUCCESS;
    } catch (std::exception const& error) {
        std::cerr << "fleet: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
