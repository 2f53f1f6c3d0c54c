#include "fake_monitor.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp::soak {

namespace {

class monitor
{
public:
    monitor(test::fake_peer peer, std::shared_ptr<received_tags> received, ledger& book, std::uint64_t seed)
        : peer_(std::move(peer)), received_(std::move(received)), book_(book), random_(seed)
    {}

    asio::awaitable<void> serve()
    {
        co_await greet();
        while (!over_) {
            auto const got = co_await peer_.receive();
            json::value const* tag = got.arguments.if_contains("tag");
            if (tag != nullptr)
                book_.expect(received_->add(tag->as_int64()), "command " + json::serialize(*tag) + " was sent twice");
            waiting_.emplace_back(got.id, tag != nullptr ? *tag : json::value(nullptr));
            co_await act();
        }
    }

private:
    asio::awaitable<void> greet()
    {
        if (once_in(random_, 50)) {
            fault();
            peer_.say(once_in(random_, 2) ? R"({"QMP": 7})" : "+OK dovecot ready.\r\n");
            co_await peer_.end();
        }
        if (once_in(random_, 4))
            event();
        if (once_in(random_, 10))
            peer_.say(R"({"return": {}, "id": 1})");  // a reply to an earlier client
        co_await peer_.handshake();
        if (once_in(random_, 10))
            peer_.greet();
    }

    asio::awaitable<void> act()
    {
        switch (up_to(random_, patience_)) {
            case 0:
                fault();
                peer_.say(R"({"return": {}, "id": 123456789}{"return": 1, "id": "text"}{"return": 1, "id": [1]}{"x": 1})");
                break;
            case 1:
                fault();
                answer_some();
                if (!waiting_.empty())
                    peer_.say("{\"return\": {\"half\": ");
                leave();
                break;
            case 2:
                fault();
                peer_.reset();
                over_ = true;
                break;
            case 3:
                fault();
                peer_.say("\xff\x1b{]");
                leave();
                break;
            case 4:
                fault();
                peer_.say(R"({"return": ")" + std::string(std::size_t{2} << 20, 'x') + R"(", "id": 1})");
                leave();
                break;
            case 5:
                fault();
                co_await pause(std::chrono::milliseconds(up_to(random_, 300)));
                break;
            case 6:
                fault();
                co_await peer_.say_one_by_one(take_answer());
                break;
            case 7:
                for (int count = up_to(random_, 3000); count > 0; --count)
                    event();
                co_await peer_.flushed();
                break;
            case 8:
                fault();
                waiting_.clear();  // never answers these
                break;
            default:
                if (once_in(random_, 3))
                    event();
                if (!once_in(random_, 4))
                    answer_some();
                break;
        }
    }

    // Answers in any order, and some commands twice.
    void answer_some()
    {
        while (!waiting_.empty() && !once_in(random_, 20)) {
            std::string const text = take_answer();
            peer_.say(text);
            if (once_in(random_, 50))
                peer_.say(text);
        }
    }

    std::string take_answer()
    {
        if (waiting_.empty())
            return " \n";
        auto const which = waiting_.begin() + (once_in(random_, 4) ? up_to(random_, static_cast<int>(waiting_.size()) - 1) : 0);
        auto const [id, tag] = *which;
        waiting_.erase(which);
        if (once_in(random_, 10))
            return R"({"id": )" + json::serialize(id) + R"(, "error": {"class": "GenericError", "desc": ")" +
                   json::serialize(tag) + "\"}}\n";
        if (once_in(random_, 4))
            return "{\r\n    \"return\": {\r\n        \"tag\": " + json::serialize(tag) +
                   "\r\n    },\r\n    \"id\": " + json::serialize(id) + "\r\n}\r\n";
        return R"({"return": {"tag": )" + json::serialize(tag) + R"(}, "id": )" + json::serialize(id) + "}\r\n";
    }

    void event()
    {
        json::object data;
        data["number"] = next_event_++;
        peer_.event("NUMBER", data);
    }

    void fault() { ++book_.faults; }

    void leave()
    {
        peer_.close();
        over_ = true;
    }

    asio::awaitable<void> pause(std::chrono::milliseconds time)
    {
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        co_await timer.async_wait(asio::deferred);
    }

    test::fake_peer peer_;
    std::shared_ptr<received_tags> received_;
    ledger& book_;
    random random_;
    int const patience_ = 20 << up_to(random_, 8);  // some stay long
    std::vector<std::pair<json::value, json::value>> waiting_;
    std::int64_t next_event_ = 0;
    bool over_ = false;
};

}  // namespace

asio::awaitable<void> misbehave(test::fake_peer peer, std::shared_ptr<received_tags> received, ledger& book, std::uint64_t seed)
{
    monitor subject(std::move(peer), std::move(received), book, seed);
    try {
        co_await subject.serve();
    } catch (boost::system::system_error const&) {
        // The client has disconnected.
    } catch (std::runtime_error const&) {
        // It disconnected in the middle of the handshake.
    }
}

}  // namespace coqmp::soak
