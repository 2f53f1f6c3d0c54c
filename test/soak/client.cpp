#include "client.hpp"

#include "operation.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace coqmp::soak {

namespace {

session_options short_tempered()
{
    session_options result;
    result.connect_timeout = 2s;
    result.command_timeout = 1s;
    result.max_message_size = std::size_t{1} << 20;
    result.event_capacity = 100;
    return result;
}

/// Reads to the end, and checks that every missing event is reported.
asio::awaitable<void> read_events(event_stream stream, ledger& book, std::shared_ptr<under_way> all)
{
    std::optional<std::int64_t> last;
    while (auto const event = co_await stream.next()) {
        ++book.events;
        book.events_lost += event->lost_before;
        std::int64_t const number = event->data.at("number").as_int64();
        std::int64_t const expected = last.value_or(number - 1 - static_cast<std::int64_t>(event->lost_before)) + 1 +
                                      static_cast<std::int64_t>(event->lost_before);
        book.expect(number == expected, "event " + std::to_string(number) + " came instead of " + std::to_string(expected));
        last = number;
    }
    all->end();
}

/// One session with one fake monitor.
class visit
{
public:
    visit(asio::any_io_executor const& executor, ledger& book, random& source)
        : client_(std::in_place, executor, short_tempered()),
          book_(book),
          random_(source),
          all_(std::make_shared<under_way>(executor))
    {}

    asio::awaitable<void> run(asio::any_io_executor other)
    {
        ++book_.sessions;
        auto peer = test::fake_peer::pair(other);
        auto connecting = client_->async_connect(peer.address(), asio::as_tuple(asio::deferred));
        all_->begin();
        asio::co_spawn(other, misbehave(std::move(peer), received_, book_, random_()),
                       asio::bind_executor(client_->get_executor(), [all = all_](std::exception_ptr) { all->end(); }));
        event_stream const unread = client_->subscribe();
        listen();
        auto const [failed] = co_await std::move(connecting);
        if (!failed)
            co_await work();
        client_.reset();
        co_await all_->done();
        for (auto const& each : operations_)
            each->check_at_the_end();
    }

private:
    void listen()
    {
        all_->begin();
        asio::co_spawn(client_->get_executor(), read_events(client_->subscribe(), book_, all_), asio::detached);
    }

    asio::awaitable<void> work()
    {
        for (int round = up_to(random_, 20); round >= 0; --round) {
            for (int burst = up_to(random_, 30); burst >= 0; --burst)
                command_one();
            if (once_in(random_, 5))
                listen();
            if (once_in(random_, 3))
                cancel_some();
            co_await rest(random_, 20);
        }
        if (once_in(random_, 2))
            co_await client_->async_close(asio::deferred);
    }

    void command_one()
    {
        auto const timeout = std::chrono::milliseconds(once_in(random_, 5) ? 1 + up_to(random_, 5) : 1000);
        auto const tag = static_cast<std::int64_t>(operations_.size());
        auto one = std::make_shared<operation>(book_, received_, tag, timeout);
        operations_.push_back(one);
        all_->begin();
        client_->async_execute(one->request(random_), asio::bind_cancellation_slot(
                                                          one->signal.slot(), [one, all = all_](error_code error, reply answer) {
                                                              one->end(error, answer);
                                                              all->end();
                                                          }));
    }

    void cancel_some()
    {
        for (auto const& each : operations_)
            each->perhaps_cancel(random_);
    }

    std::optional<session> client_;
    ledger& book_;
    random& random_;
    std::shared_ptr<under_way> all_;
    std::shared_ptr<received_tags> received_ = std::make_shared<received_tags>();
    std::vector<std::shared_ptr<operation>> operations_;
};

}  // namespace

asio::awaitable<void> talk_to_fakes(asio::any_io_executor other, ledger& book, std::uint64_t seed, time_point until)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    while (std::chrono::steady_clock::now() < until) {
        visit next(executor, book, source);
        co_await next.run(other);
    }
}

}  // namespace coqmp::soak
