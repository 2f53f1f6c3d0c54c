#include "proxy_client.hpp"

#include "fake_monitor.hpp"
#include "proxy_visitor.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace coqmp::soak {

namespace {

constexpr int visitors_at_once = 8;

monitor_proxy_options options_for(random& source)
{
    monitor_proxy_options result;
    result.policy_for = [all = std::make_shared<monitor_policy const>(monitor_policy::all())](auto const&) { return all; };
    result.hold = once_in(source, 2);
    result.event_bytes = std::size_t{1} << (10 + up_to(source, 10));
    if (once_in(source, 4))
        result.most_clients = 4;  // the others wait
    return result;
}

/// Visits a proxy again and again, on the executor of the visitors.
asio::awaitable<void> keep_visiting(std::shared_ptr<shared_proxy> proxy, ledger& book, std::uint64_t seed)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    std::vector<std::unique_ptr<proxy_visitor>> all;
    while (!proxy->is_over) {
        try {
            all.push_back(std::make_unique<proxy_visitor>(executor, proxy, book, source));
        } catch (boost::system::system_error const&) {
            break;  // the proxy has closed its socket
        }
        co_await all.back()->run();
    }
    for (auto const& each : all)
        each->check_at_the_end();
}

/// One proxy, with a monitor that comes and goes.
class shared_monitor
{
    /// Counts the end of a coroutine on any executor.
    auto ended()
    {
        return asio::bind_executor(executor_, [this, all = all_](std::exception_ptr const& failure) {
            book_.expect(!failure, "a proxy's surroundings have failed");
            all->end();
        });
    }

public:
    shared_monitor(asio::any_io_executor executor, asio::any_io_executor other, ledger& book, random& source)
        : executor_(std::move(executor)),
          other_(std::move(other)),
          book_(book),
          random_(source),
          options_(options_for(source)),
          all_(std::make_shared<under_way>(executor_)),
          proxy_(std::in_place, executor_, options_),
          shared_(
              std::make_shared<shared_proxy>(proxy_->listen(endpoint::unix_socket(directory_.path() / "proxy")), options_.hold))
    {}

    asio::awaitable<void> run()
    {
        all_->begin();
        asio::co_spawn(executor_, keep_connected(), ended());
        for (int count = 0; count < visitors_at_once; ++count) {
            all_->begin();
            asio::co_spawn(other_, keep_visiting(shared_, book_, random_()), ended());
        }
        for (int round = up_to(random_, 20); round > 0; --round) {
            co_await rest(random_, 100);
            if (options_.hold && once_in(random_, 3))
                lose_monitor();
        }
        co_await end();
        co_await all_->done();
    }

private:
    asio::awaitable<void> keep_connected()
    {
        do {
            co_await connect_once();
            co_await rest(random_, 20);
        } while (options_.hold && !shared_->is_over);
    }

    asio::awaitable<void> connect_once()
    {
        auto peer = test::fake_peer::pair(other_);
        session_options patient;
        patient.connect_timeout = 2s;
        patient.max_message_size = std::size_t{1} << 20;
        session upstream(executor_, patient);
        auto connecting = upstream.async_connect(peer.address(), asio::as_tuple(asio::deferred));
        all_->begin();
        asio::co_spawn(other_, misbehave(std::move(peer), shared_->received, book_, random_()), ended());
        auto const [failed] = co_await std::move(connecting);
        if (failed || !proxy_ || shared_->is_over)
            co_return;
        ++book_.reconnections;
        proxy_->use(upstream);
        upstream_ = &upstream;
        co_await upstream.async_wait_closed(asio::as_tuple(asio::deferred));
        upstream_ = nullptr;
    }

    void lose_monitor()
    {
        ++book_.faults;
        if (upstream_ != nullptr)
            upstream_->close();
    }

    /// Ends the proxy in one of several ways.
    asio::awaitable<void> end()
    {
        bool const visitors_leave_first = once_in(random_, 2);
        if (visitors_leave_first)
            shared_->is_over = true;
        if (once_in(random_, 3)) {
            // A monitor that never answers would delay it for ever.
            all_->begin();
            proxy_->async_drain(asio::bind_executor(executor_, [all = all_](boost::system::error_code) { all->end(); }));
            co_await rest(random_, 50);
        }
        if (once_in(random_, 2))
            proxy_->close();
        proxy_.reset();
        shared_->is_over = true;
        if (upstream_ != nullptr)
            upstream_->close();
    }

    test::temporary_directory directory_;
    asio::any_io_executor executor_;
    asio::any_io_executor other_;
    ledger& book_;
    random& random_;
    monitor_proxy_options const options_;
    std::shared_ptr<under_way> all_;
    std::optional<monitor_proxy> proxy_;
    std::shared_ptr<shared_proxy> shared_;
    session* upstream_ = nullptr;
};

}  // namespace

asio::awaitable<void> share_monitors(asio::any_io_executor other, ledger& book, std::uint64_t seed, time_point until)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    while (std::chrono::steady_clock::now() < until) {
        shared_monitor next(executor, other, book, source);
        co_await next.run();
    }
}

}  // namespace coqmp::soak
