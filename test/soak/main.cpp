// A heavy load in one process: real QEMUs and fake monitors, with random faults, and every promise checked all the time.
// usage: soak SECONDS [SEED [KIND]]; with a KIND such as job_operator, only this kind of work is done
// The work is done in generations. No child process may survive its generation; at the end of the soak, the open descriptors
// and the heap must not have grown since the first generations.
#include "agent_client.hpp"
#include "client.hpp"
#include "job_operator.hpp"
#include "lasting_operator.hpp"
#include "operator.hpp"
#include "proxy_client.hpp"
#include "reconnecting_client.hpp"
#include "support/helper_threads.hpp"
#include "support/memory.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <iomanip>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using coqmp::soak::time_point;
using namespace std::chrono_literals;

namespace {

constexpr int fakes = 50;
constexpr int returning_fakes = 10;
constexpr int agents = 10;
constexpr int proxies = 5;
constexpr int operators = 8;
constexpr int job_operators = 3;
constexpr int lasting_operators = 3;
constexpr auto patience = 60s;  // for work that has not ended after its generation

/// What a generation has left behind.
struct remains
{
    std::size_t descriptors = coqmp::test::open_descriptors();
    std::size_t heap = coqmp::test::allocated_bytes() >> 10;
    std::size_t resident = coqmp::test::resident_bytes() >> 10;
};

class campaign
{
public:
    campaign(std::chrono::seconds length, std::uint64_t seed, std::string kind)
        : begin_(std::chrono::steady_clock::now()),
          end_(begin_ + length),
          generation_(std::clamp<std::chrono::milliseconds>(length / 4, 1s, 20s)),
          seeds_(seed),
          kind_(std::move(kind))
    {}

    /// @return whether all promises were kept
    bool run()
    {
        asio::io_context interruptions;
        asio::signal_set signals(interruptions, SIGINT, SIGTERM);
        bool interrupted = false;
        signals.async_wait([&interrupted](boost::system::error_code error, int) { interrupted = !error; });
        std::cout << "second sessions reconnections machines adoptions jobs agents visitors operations events lost faults"
                     " | descriptors heap/KiB resident/KiB"
                  << std::endl;
        while (std::chrono::steady_clock::now() < end_ && !interrupted && book_.violations == 0) {
            run_generation();
            history_.emplace_back();
            print();
            interruptions.poll();
        }
        check_that_memory_is_flat();
        summarize();
        return book_.violations == 0;
    }

private:
    void run_generation()
    {
        auto const until = std::min(std::chrono::steady_clock::now() + generation_, end_);
        {
            coqmp::test::temporary_directory const directory;
            asio::thread_pool pool(2);
            auto const strand = [&pool] { return asio::make_strand(pool.get_executor()); };
            coqmp::listener door(strand(), coqmp::endpoint::unix_socket(directory.path() / "monitor"));
            std::vector<std::future<void>> work;
            auto const start = [&](char const* kind, int count, auto const& what) {
                for (int index = 0; index < count && (kind_.empty() || kind_ == kind); ++index)
                    work.push_back(asio::co_spawn(strand(), what(), asio::use_future));
            };
            namespace soak = coqmp::soak;
            start("client", fakes, [&] { return soak::talk_to_fakes(strand(), book_, seeds_(), until); });
            start("reconnecting_client", returning_fakes,
                  [&] { return soak::talk_to_a_fake_that_returns(strand(), book_, seeds_(), until); });
            start("agent_client", agents, [&] { return soak::talk_to_fake_agents(book_, seeds_(), until); });
            start("proxy_client", proxies, [&] { return soak::share_monitors(strand(), book_, seeds_(), until); });
            start("operator", operators, [&] { return soak::operate_machines(door, book_, seeds_(), until); });
            start("job_operator", job_operators, [&] { return soak::operate_jobs(book_, seeds_(), until); });
            start("lasting_operator", lasting_operators, [&] { return soak::operate_lasting_machines(book_, seeds_(), until); });
            if (work.empty())
                throw std::invalid_argument("there is no kind of work with the name " + kind_);
            await(work, until);
            door.close();
            pool.join();
        }
        coqmp::test::await_no_child();
        coqmp::test::await_helper_threads();  // they may be reading /proc, for the children of a process that was killed
    }

    void await(std::vector<std::future<void>>& work, time_point until)
    {
        for (auto& each : work) {
            if (each.wait_until(until + patience) != std::future_status::ready) {
                // Work that hangs cannot be torn down, either.
                book_.violation("something hangs");
                std::abort();
            }
            each.get();
        }
    }

    // The first generations fill the caches of the allocator, of Asio and of libstdc++.
    void check_that_memory_is_flat()
    {
        if (history_.size() < 3)
            return;
        auto const settled = history_.begin() + static_cast<std::ptrdiff_t>((history_.size() + 2) / 3);
        std::size_t const heap =
            std::max_element(history_.begin(), settled, [](auto const& a, auto const& b) { return a.heap < b.heap; })->heap;
        remains const& last = history_.back();
        book_.expect(last.descriptors == history_.front().descriptors, "descriptors are left");
        book_.expect(last.heap <= heap + 256,
                     "the heap has grown from " + std::to_string(heap) + " KiB to " + std::to_string(last.heap) + " KiB");
    }

    void print() const
    {
        remains const& now = history_.back();
        auto const second = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin_).count();
        std::cout << second << ' ' << book_.sessions << ' ' << book_.reconnections << ' ' << book_.machines << ' '
                  << book_.adoptions << ' ' << book_.jobs << ' ' << book_.agents << ' ' << book_.visitors << ' '
                  << book_.operations << ' ' << book_.events << ' ' << book_.events_lost << ' ' << book_.faults << " | "
                  << now.descriptors << ' ' << now.heap << ' ' << now.resident << std::endl;
    }

    void summarize() const
    {
        std::cout << book_.operations << " operations: " << book_.succeeded << " succeeded, " << book_.refused << " refused, "
                  << book_.cancelled << " cancelled, " << book_.not_sent << " not sent, " << book_.outcome_unknown
                  << " with unknown outcome; at most " << book_.worst_lateness << " ms late; " << book_.violations
                  << " violations" << std::endl;
    }

    coqmp::soak::ledger book_;
    time_point begin_;
    time_point end_;
    std::chrono::milliseconds generation_;
    coqmp::soak::random seeds_;
    std::string kind_;
    std::vector<remains> history_;
};

}  // namespace

int main(int argc, char** argv)
{
    try {
        std::chrono::seconds const length(argc > 1 ? std::stol(argv[1]) : 60);
        std::uint64_t const seed = argc > 2 ? std::stoull(argv[2]) : std::random_device()();
        std::cout << "seed " << seed << std::endl;
        return campaign(length, seed, argc > 3 ? argv[3] : "").run() ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (std::exception const& error) {
        std::cerr << "soak: " << error.what() << "\nusage: soak SECONDS [SEED [KIND]]\n";
        return 2;
    }
}
