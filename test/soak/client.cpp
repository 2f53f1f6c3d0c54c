#include "client.hpp"

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

/// Counts pending operations; done() waits for the last one.
class under_way : public std::enable_shared_from_this<under_way>
{
public:
    explicit under_way(asio::any_io_executor const& executor) : idle_(executor, time_point::max()) {}

    void begin() { ++open_; }
    void end()
    {
        if (--open_ == 0)
            idle_.cancel();
    }
    asio::awaitable<void> done()
    {
        while (open_ != 0)
            co_await idle_.async_wait(asio::as_tuple(asio::deferred));
    }

private:
    int open_ = 0;
    asio::steady_timer idle_;
};

/// One command to a fake monitor, and the results that are allowed.
class operation
{
public:
    operation(ledger& book, std::shared_ptr<received_tags> received, std::int64_t tag, std::chrono::milliseconds timeout)
        : book_(book), received_(std::move(received)), tag_(tag), due_(std::chrono::steady_clock::now() + timeout)
    {
        ++book_.operations;
    }

    asio::cancellation_signal signal;
    bool ended = false;

    void end(error_code error, reply const& answer)
    {
        book_.expect(!std::exchange(ended, true), name() + " completed twice");
        if (auto const now = std::chrono::steady_clock::now(); now > due_)
            book_.late_by(now - due_);
        if (!error)
            check(answer);
        else
            check(error);
    }

    /// Checks, once both sides have ended, that no command was received that counts as not sent.
    void check_at_the_end() const
    {
        book_.expect(ended, name() + " never completed");
        book_.expect(!not_sent_ || !received_->has(tag_), name() + " was not_sent, and received");
    }

private:
    [[nodiscard]] std::string name() const { return "operation " + std::to_string(tag_); }

    void check(reply const& answer)
    {
        book_.expect(received_->has(tag_), name() + " was answered and never received");
        if (answer.has_value()) {
            ++book_.succeeded;
            json::value const* tag = answer.value().as_object().if_contains("tag");
            book_.expect(tag != nullptr && *tag == json::value(tag_), name() + " got the answer of another");
        } else {
            ++book_.refused;
            book_.expect(answer.error().description == std::to_string(tag_), name() + " got the error of another");
        }
    }

    void check(error_code error)
    {
        not_sent_ = error == errc::not_sent;
        if (error == asio::error::operation_aborted) {
            ++book_.cancelled;
            return;
        }
        bool const unknown = error == errc::outcome_unknown;
        book_.expect(not_sent_ != unknown, name() + " ended with " + error.message());
        ++(not_sent_ ? book_.not_sent : book_.outcome_unknown);
    }

    ledger& book_;
    std::shared_ptr<received_tags> received_;
    std::int64_t tag_;
    time_point due_;
    bool not_sent_ = false;
};

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
            asio::steady_timer rest(client_->get_executor(), std::chrono::milliseconds(up_to(random_, 20)));
            co_await rest.async_wait(asio::deferred);
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
        command what("work");
        what.with("tag", tag).timeout(timeout);
        if (once_in(random_, 5))
            what.out_of_band();
        all_->begin();
        client_->async_execute(
            std::move(what), asio::bind_cancellation_slot(one->signal.slot(), [one, all = all_](error_code error, reply answer) {
                one->end(error, answer);
                all->end();
            }));
    }

    void cancel_some()
    {
        for (auto const& each : operations_)
            if (!each->ended && once_in(random_, 4))
                each->signal.emit(once_in(random_, 2) ? asio::cancellation_type::terminal : asio::cancellation_type::total);
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
