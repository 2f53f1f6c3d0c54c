#include "reconnecting_client.hpp"

#include "fake_monitor.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/reconnecting_session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
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

reconnect_options impatient(random& source)
{
    reconnect_options result;
    result.first_pause = 1ms;
    result.longest_pause = 20ms;
    result.most_attempts = once_in(source, 8) ? 10 : 0;
    result.unsent = once_in(source, 2) ? unsent_commands::wait : unsent_commands::fail;
    result.most_waiting = once_in(source, 2) ? 20 : 1024;
    result.session.connect_timeout = 20s;
    result.session.command_timeout = 1s;
    result.session.max_message_size = std::size_t{1} << 20;
    return result;
}

/// A stream that is never full, so that it has every marker.
constexpr std::size_t roomy = std::size_t{1} << 20;

/// Serves one client after the other until it is cancelled. In between, the monitor's address is absent, or refuses.
/// @param calls whether the monitor connects to its client, which listens
asio::awaitable<void> come_and_go(endpoint where, bool calls, std::shared_ptr<received_tags> received, ledger& book,
                                  std::uint64_t seed)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    for (;;) {
        co_await rest(source, once_in(source, 10) ? 200 : 20);
        if (calls) {
            auto peer = test::fake_peer::calling(executor, where);
            co_await misbehave(std::move(peer), received, book, source());
            continue;
        }
        std::filesystem::remove(where.path());
        if (once_in(source, 4))
            co_await rest(source, 20);
        test::fake_peer peer(executor, where);
        co_await peer.accept();
        if (!once_in(source, 5))
            co_await misbehave(std::move(peer), received, book, source());
    }
}

bool was_cancelled(std::exception_ptr const& failure)
{
    try {
        if (failure)
            std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (std::exception const&) {
        return false;
    }
    return false;
}

/// What one stream has delivered.
struct stream_story
{
    std::uint64_t connections_before = 0;  ///< When it was subscribed.
    bool has_all = false;                  ///< It was subscribed before the session began to connect.
    bool began_in_a_gap = false;           ///< It may have been subscribed after the marker of this gap.
    std::uint64_t gaps = 0;
};

/// Reads to the end, and checks that events are missing only where there is a marker. Each connection counts its events from 0.
asio::awaitable<void> follow_events(event_stream stream, ledger& book, std::shared_ptr<stream_story> story,
                                    std::shared_ptr<under_way> all)
{
    std::optional<std::int64_t> expected;
    if (story->has_all)
        expected = 0;
    while (auto const event = co_await stream.next()) {
        book.expect(event->lost_before == 0, "a stream with much room has lost events");
        if (is_event_gap(*event)) {
            ++story->gaps;
            expected = 0;
            continue;
        }
        ++book.events;
        std::int64_t const number = event->data.at("number").as_int64();
        std::int64_t const wanted = expected.value_or(number);
        book.expect(number == wanted,
                    "event " + std::to_string(number) + " of a connection came instead of " + std::to_string(wanted));
        expected = number + 1;
    }
    all->end();
}

/// One reconnecting session, and a monitor that comes and goes.
class long_visit
{
public:
    long_visit(asio::any_io_executor executor, asio::any_io_executor other, ledger& book, random& source)
        : executor_(std::move(executor)),
          other_(std::move(other)),
          book_(book),
          random_(source),
          all_(std::make_shared<under_way>(executor_))
    {
        reconnect_options const options = impatient(random_);
        may_give_up_ = options.most_attempts != 0;
        if (accepts_) {
            door_.emplace(executor_, where_);
            client_.emplace(executor_, *door_, options);
        } else {
            client_.emplace(executor_, where_, options);
        }
    }

    asio::awaitable<void> run()
    {
        ++book_.sessions;
        listen(event_filter());
        listen(event_filter("NEVER"));
        send_monitor();
        all_->begin();
        asio::co_spawn(executor_, watch(), asio::detached);
        for (int round = up_to(random_, 60); round >= 0; --round)
            co_await work();
        if (once_in(random_, 2))
            co_await client_->async_close(asio::deferred);
        client_.reset();
        // A signal is emitted where its slot is used.
        asio::post(other_, [stop = stop_monitor_] { stop->emit(asio::cancellation_type::terminal); });
        co_await all_->done();
        check_at_the_end();
    }

private:
    void send_monitor()
    {
        all_->begin();
        auto at_end = asio::bind_executor(executor_, [this](std::exception_ptr const& failure) {
            book_.expect(was_cancelled(failure), "a fake monitor has failed");
            all_->end();
        });
        asio::co_spawn(other_, come_and_go(where_, accepts_, received_, book_, random_()),
                       asio::bind_cancellation_slot(stop_monitor_->slot(), std::move(at_end)));
    }

    void listen(event_filter filter)
    {
        auto story = std::make_shared<stream_story>();
        connection_status const now = client_->status();
        story->connections_before = now.connections;
        story->has_all = now.state == connection_state::idle;
        story->began_in_a_gap = now.state == connection_state::lost;
        stories_.push_back(story);
        all_->begin();
        asio::co_spawn(executor_, follow_events(client_->subscribe(std::move(filter), roomy), book_, story, all_),
                       asio::detached);
    }

    // Follows the status to the end, or until the session is destroyed.
    asio::awaitable<void> watch()
    {
        client_->start();
        connection_status known;
        while (client_ && known.state != connection_state::closed) {
            auto change = client_->async_wait_change(known, asio::deferred);
            connection_status const now = co_await std::move(change);
            book_.expect(now.number > known.number && now.connections >= known.connections, "a status does not grow");
            if (now.is_back())
                ++book_.reconnections;
            if (now.state == connection_state::closed) {
                last_ = now;
                was_connecting_ = known.state != connection_state::connected;
            }
            known = now;
        }
        all_->end();
    }

    asio::awaitable<void> work()
    {
        for (int burst = up_to(random_, 10); burst > 0; --burst)
            command_one();
        if (once_in(random_, 10))
            wait_for_connection();
        if (once_in(random_, 10))
            listen(event_filter());
        if (once_in(random_, 3))
            for (auto const& each : operations_)
                each->perhaps_cancel(random_);
        co_await rest(random_, 20);
    }

    void wait_for_connection()
    {
        all_->begin();
        client_->async_wait_connected([this, all = all_](error_code error) {
            book_.expect(!error || error == asio::error::operation_aborted || may_give_up_,
                         "waiting for a connection gives " + error.message());
            all->end();
        });
    }

    void command_one()
    {
        auto const timeout = std::chrono::milliseconds(once_in(random_, 5) ? 1 + up_to(random_, 5) : 1000);
        auto const tag = static_cast<std::int64_t>(operations_.size());
        auto one = std::make_shared<operation>(book_, received_, tag, timeout);
        operations_.push_back(one);
        all_->begin();
        auto at_end = [one, all = all_](error_code error, reply const& answer) {
            one->end(error, answer);
            all->end();
        };
        client_->async_execute(one->request(random_), asio::bind_cancellation_slot(one->signal.slot(), std::move(at_end)));
    }

    void check_at_the_end() const
    {
        for (auto const& each : operations_)
            each->check_at_the_end();
        if (!last_)
            return;
        book_.expect(may_give_up_ || !last_->reason, "a session gave up because of: " + last_->reason.message());
        for (auto const& each : stories_) {
            std::uint64_t const first = std::max(each->connections_before, std::uint64_t{1});
            std::uint64_t const gaps = last_->connections > first ? last_->connections - first : 0;
            bool const missed_one = each->began_in_a_gap && each->gaps + 1 == gaps;
            // An event that came with a handshake, which the end of the session then cut off.
            bool const has_one_more = was_connecting_ && each->gaps == gaps + 1;
            book_.expect(each->gaps == gaps || missed_one || has_one_more,
                         "a stream has " + std::to_string(each->gaps) + " markers instead of " + std::to_string(gaps) + " of " +
                             std::to_string(last_->connections) + " connections");
        }
    }

    test::temporary_directory directory_;
    endpoint const where_ = endpoint::unix_socket(directory_.path() / "monitor");
    asio::any_io_executor executor_;
    asio::any_io_executor other_;
    ledger& book_;
    random& random_;
    bool const accepts_ = once_in(random_, 2);
    bool may_give_up_ = false;
    std::optional<listener> door_;
    std::optional<reconnecting_session> client_;
    std::shared_ptr<asio::cancellation_signal> stop_monitor_ = std::make_shared<asio::cancellation_signal>();
    std::shared_ptr<under_way> all_;
    std::shared_ptr<received_tags> received_ = std::make_shared<received_tags>();
    std::vector<std::shared_ptr<operation>> operations_;
    std::vector<std::shared_ptr<stream_story>> stories_;
    std::optional<connection_status> last_;
    bool was_connecting_ = false;  ///< When it ended.
};

}  // namespace

asio::awaitable<void> talk_to_a_fake_that_returns(asio::any_io_executor other, ledger& book, std::uint64_t seed, time_point until)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    while (std::chrono::steady_clock::now() < until) {
        long_visit next(executor, other, book, source);
        co_await next.run();
    }
}

}  // namespace coqmp::soak
