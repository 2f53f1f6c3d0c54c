// Sixteen clients of one proxy: one floods it, one never reads, one dies in the middle of its commands, and one sends garbage. The
// other twelve must get exactly their own replies, in order.
#ifndef COQMP_TEST_SUPPORT_PROXY_CROWD_HPP
#define COQMP_TEST_SUPPORT_PROXY_CROWD_HPP

#include "support/client_bytes.hpp"
#include "support/raw_client.hpp"
#include "support/spawned.hpp"

#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace coqmp::test {

inline constexpr int steady_clients = 12;
inline constexpr int commands_each = 120;

// The numbers of the other clients. One that dies is a new client each time.
inline constexpr int flooder = 100;
inline constexpr int silent_client = 101;
inline constexpr int garbler = 102;
inline constexpr int first_that_dies = 1000;

inline std::string id_of(int client, int number)
{
    return '"' + std::to_string(client) + '/' + std::to_string(number) + '"';
}

/// What clients ask a monitor, and what it answers.
class language
{
public:
    language() = default;
    language(language const&) = delete;
    language& operator=(language const&) = delete;
    virtual ~language() = default;

    /// A command with id_of() as its id.
    [[nodiscard]] virtual std::string command(int client, int number) const = 0;
    [[nodiscard]] virtual bool is_answer(boost::json::value const& returned, int client, int number) const = 0;
};

/// The scripted monitor returns the arguments of every command.
class echoed_arguments final : public language
{
public:
    [[nodiscard]] std::string command(int client, int number) const override
    {
        // The answers to the client that does not read are large.
        int const size = client == silent_client ? 65536 : 0;
        return R"({"execute":"work","arguments":{"client":)" + std::to_string(client) + R"(,"number":)" + std::to_string(number) +
               R"(,"size":)" + std::to_string(size) + R"(},"id":)" + id_of(client, number) + "}\n";
    }
    [[nodiscard]] bool is_answer(boost::json::value const& returned, int client, int number) const override
    {
        return returned.at("client") == boost::json::value(client) && returned.at("number") == boost::json::value(number);
    }
};

/// QEMU returns a number that differs from command to command.
class printed_numbers final : public language
{
public:
    [[nodiscard]] std::string command(int client, int number) const override
    {
        return R"({"execute":"human-monitor-command","arguments":{"command-line":"print/d )" + value(client, number) +
               R"("},"id":)" + id_of(client, number) + "}\n";
    }
    [[nodiscard]] bool is_answer(boost::json::value const& returned, int client, int number) const override
    {
        return returned == boost::json::value(value(client, number) + "\r\n");
    }

private:
    static std::string value(int client, int number) { return std::to_string(client * 1000 + number % 1000); }
};

/// Checks that events come in their order, and that each one that is missing was counted.
class event_order
{
public:
    /// @return whether this message is an event
    bool takes(boost::json::value const& message)
    {
        if (!message.as_object().contains("event"))
            return false;
        boost::json::value const& data = message.at("data");
        if (message.at("event") == boost::json::value("__org.coqmp_EVENTS_LOST")) {
            lost_ += data.at("count").to_number<std::int64_t>();
            next_ += data.at("count").to_number<std::int64_t>();
            return true;
        }
        std::int64_t const number = data.at("number").to_number<std::int64_t>();
        BOOST_TEST((!has_begun_ || number == next_), "event " << number << " came instead of " << next_);
        next_ = number + 1;
        has_begun_ = true;
        ++seen_;
        return true;
    }

    [[nodiscard]] std::int64_t seen() const noexcept { return seen_; }
    [[nodiscard]] std::int64_t lost() const noexcept { return lost_; }

private:
    bool has_begun_ = false;
    std::int64_t next_ = 0;
    std::int64_t seen_ = 0;
    std::int64_t lost_ = 0;
};

inline boost::asio::awaitable<boost::json::value> next_reply(raw_client& client, event_order& events)
{
    boost::json::value message;
    do {
        std::string const text = co_await client.line();
        message = boost::json::parse(text);
    } while (events.takes(message));
    co_return message;
}

inline void check_reply(boost::json::value const& reply, language const& speaks, int client, int number)
{
    boost::json::value const* const returned = reply.as_object().if_contains("return");
    std::string const id = boost::json::serialize(reply.at("id"));
    BOOST_TEST(id == id_of(client, number));
    BOOST_TEST((returned != nullptr && speaks.is_answer(*returned, client, number)),
               "client " << client << " got " << boost::json::serialize(reply).substr(0, 400));
}

/// The sixteen clients. The four that misbehave do so until the other twelve have finished.
class crowd
{
public:
    crowd(boost::asio::any_io_executor executor, endpoint proxy, language const& speaks)
        : executor_(std::move(executor)),
          proxy_(std::move(proxy)),
          speaks_(speaks),
          over_(executor_, std::chrono::steady_clock::time_point::max())
    {}

    boost::asio::awaitable<void> run()
    {
        std::vector<spawned<void>> all;
        for (int who = 0; who < steady_clients; ++who)
            all.emplace_back(executor_, work_steadily(who));
        all.emplace_back(executor_, flood());
        all.emplace_back(executor_, never_read());
        all.emplace_back(executor_, die_again_and_again());
        all.emplace_back(executor_, send_garbage());
        for (auto& each : all) {
            std::string const failure = co_await each.failure();
            BOOST_TEST(failure == "");
        }
    }

    /// Whether all clients are at work, so that they take turns.
    [[nodiscard]] bool is_at_work() const noexcept { return begun_ == steady_clients && finished_ == 0; }

    /// The most commands of the client that floods that were sent and not answered.
    [[nodiscard]] int most_unanswered() const noexcept { return most_unanswered_; }
    /// How often a client has died.
    [[nodiscard]] int deaths() const noexcept { return deaths_; }
    /// How many samples of garbage were sent.
    [[nodiscard]] int samples() const noexcept { return samples_; }

private:
    /// Counts a client that has finished, also if it has failed.
    class finishing
    {
    public:
        explicit finishing(crowd& all) noexcept : all_(all) {}
        finishing(finishing const&) = delete;
        finishing& operator=(finishing const&) = delete;
        ~finishing()
        {
            ++all_.finished_;
            all_.over_.cancel();
        }

    private:
        crowd& all_;
    };

    [[nodiscard]] bool is_over() const noexcept { return finished_ == steady_clients; }
    boost::asio::awaitable<void> until_it_is_over()
    {
        while (!is_over())
            co_await over_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
    }

    boost::asio::awaitable<void> work_steadily(int who)
    {
        raw_client client(executor_, proxy_);
        co_await client.negotiate(sends_ahead(who) ? R"("oob")" : "");
        co_await work(client, who);
        co_await until_it_is_over();  // so that there are sixteen to the end
    }

    /// Whether a client sends commands before it has the replies to the ones before them.
    static bool sends_ahead(int who) { return who % 2 == 0; }

    boost::asio::awaitable<void> work(raw_client& client, int who)
    {
        finishing const done(*this);
        event_order events;
        int const at_once = sends_ahead(who) ? 1 + who % 5 : 1;
        for (int first = 0; first < commands_each; first += at_once) {
            std::string commands;
            for (int number = first; number < first + at_once; ++number)
                commands += speaks_.command(who, number);
            client.say(commands);
            for (int number = first; number < first + at_once; ++number) {
                boost::json::value const reply = co_await next_reply(client, events);
                check_reply(reply, speaks_, who, number);
            }
            begun_ += first == 0 ? 1 : 0;
        }
        BOOST_TEST(events.lost() == 0);
    }

    struct flood_counts
    {
        int sent = 0;
        int answered = 0;
        bool is_last = false;
    };

    // Sends as fast as it is read.
    boost::asio::awaitable<void> flood()
    {
        raw_client client(executor_, proxy_);
        co_await client.negotiate(R"("oob")");
        flood_counts counts;
        spawned<void> reading(executor_, read_flood(client, counts));
        while (!counts.is_last) {
            counts.is_last = is_over();
            std::string const next = speaks_.command(flooder, counts.sent++);
            most_unanswered_ = std::max(most_unanswered_, counts.sent - counts.answered);
            co_await client.say_all(next);
        }
        std::string const failure = co_await reading.failure();
        BOOST_TEST(failure == "");
    }

    boost::asio::awaitable<void> read_flood(raw_client& client, flood_counts& counts)
    {
        event_order events;
        while (!counts.is_last || counts.answered < counts.sent) {
            boost::json::value const reply = co_await next_reply(client, events);
            check_reply(reply, speaks_, flooder, counts.answered++);
        }
    }

    boost::asio::awaitable<void> never_read()
    {
        raw_client client(executor_, proxy_);
        co_await client.negotiate(R"("oob")");
        spawned<void> writing(executor_, write_only(client));
        co_await until_it_is_over();
        client.close();
        co_await writing.done();
    }

    boost::asio::awaitable<void> write_only(raw_client& client)
    {
        for (int number = 0;; ++number) {
            std::string const next = speaks_.command(silent_client, number);
            co_await client.say_all(next);
        }
    }

    boost::asio::awaitable<void> die_again_and_again()
    {
        for (; !is_over(); ++deaths_) {
            raw_client client(executor_, proxy_);
            co_await client.negotiate(R"("oob")");
            std::string const whole = speaks_.command(first_that_dies + deaths_, 0);
            std::string const half = whole.substr(0, whole.size() / 2);
            client.say(deaths_ % 2 == 0 ? half : whole + half);
            client.close();
        }
    }

    boost::asio::awaitable<void> send_garbage()
    {
        raw_client client(executor_, proxy_);
        co_await client.negotiate();
        std::vector<std::string> const garbage = client_bytes();
        for (; !is_over(); ++samples_) {
            std::string const id = id_of(garbler, samples_);
            // The byte in the middle ends every message that the sample has left open.
            std::string const bytes =
                garbage[static_cast<std::size_t>(samples_) % garbage.size()] + '\xff' + speaks_.command(garbler, samples_);
            co_await client.say_all(bytes);
            std::string text;
            do {
                text = co_await client.line();  // some are no JSON, as QEMU's are not: an id may be infinite
            } while (text.find(id) == std::string::npos);
            check_reply(boost::json::parse(text), speaks_, garbler, samples_);
        }
    }

    boost::asio::any_io_executor executor_;
    endpoint const proxy_;
    language const& speaks_;
    boost::asio::steady_timer over_;
    int begun_ = 0;
    int finished_ = 0;
    int most_unanswered_ = 0;
    int deaths_ = 0;
    int samples_ = 0;
};

}  // namespace coqmp::test

#endif
