#include "proxy_visitor.hpp"

#include "operation.hpp"
#include "support/client_bytes.hpp"
#include "support/spawned.hpp"

#include <coqmp/event_gap.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp::soak {

namespace {

template <class Value>
std::string text_of(Value const& value)
{
    return json::serialize(value).substr(0, 200);
}

/// Samples that leave no message open. Each is answered with one error that has no id.
constexpr std::array<std::string_view, 6> garbage{"}", "[]", "{}", "true ", R"({"a":1,"a":2})", R"({"execute":5})"};

}  // namespace

proxy_visitor::proxy_visitor(asio::any_io_executor executor, std::shared_ptr<shared_proxy> proxy, ledger& book, random& source)
    : executor_(std::move(executor)), proxy_(std::move(proxy)), book_(book), random_(source), line_(executor_, proxy_->address)
{}

asio::awaitable<void> proxy_visitor::run()
{
    ++book_.visitors;
    std::optional<test::spawned<void>> reading;
    if (reads_)
        reading.emplace(executor_, read());
    std::string failure;
    try {
        co_await ask();
    } catch (boost::system::system_error const&) {
        // The connection has ended.
    } catch (std::runtime_error const&) {
        // The proxy reads no more, for now.
    }
    if (once_in(random_, 3))
        co_await rest(random_, 50);
    line_.close();
    if (reading)
        failure = co_await reading->failure();
    book_.expect(failure.empty(), "a client of a proxy gives: " + failure);
}

void proxy_visitor::check_at_the_end() const
{
    for (std::int64_t const tag : not_sent_)
        book_.expect(!proxy_->received->has(tag), "command " + std::to_string(tag) + " was not sent to QEMU, and received");
}

// ---- What a client sends ---------------------------------------------------------------------------------------------------

asio::awaitable<void> proxy_visitor::ask()
{
    line_.say(enables_out_of_band_ ? std::string(test::out_of_band_negotiation) : std::string(test::negotiation_command));
    for (int round = up_to(random_, 30); round >= 0 && !proxy_->is_over; --round) {
        for (int burst = up_to(random_, 12); burst > 0; --burst)
            command_one(enables_out_of_band_ && once_in(random_, 8));
        if (once_in(random_, 8))
            choose_events();
        if (once_in(random_, 6))
            misbehave();
        co_await rest(random_, 20);
    }
    if (once_in(random_, 6)) {
        ++book_.faults;
        line_.say(R"({"execute":"work","arguments":{"tag":)");
    }
}

void proxy_visitor::command_one(bool out_of_band)
{
    std::int64_t const tag = ++proxy_->last_tag;
    ++book_.operations;
    std::string const number = std::to_string(tag);
    if (out_of_band)
        out_of_band_.insert(tag);
    else
        in_band_.push_back(tag);
    line_.say((out_of_band ? R"({"exec-oob":"work","id":)" : R"({"execute":"work","id":)") + number + R"(,"arguments":{"tag":)" +
              number + "}}");
}

/// A command that the proxy answers by itself, in its turn.
void proxy_visitor::choose_events()
{
    std::int64_t const tag = ++proxy_->last_tag;
    ++book_.operations;
    in_band_.push_back(tag);
    choices_.insert(tag);
    line_.say(R"({"execute":"__org.coqmp_events","arguments":{"names":["NUMBER"]},"id":)" + std::to_string(tag) + "}");
}

void proxy_visitor::misbehave()
{
    ++book_.faults;
    auto const which = static_cast<std::size_t>(up_to(random_, static_cast<int>(garbage.size()) - 1));
    ++unmarked_;
    line_.say(std::string(garbage[which]));
}

// ---- What a client is told -------------------------------------------------------------------------------------------------

asio::awaitable<void> proxy_visitor::read()
try {
    for (;;) {
        std::string const text = co_await line_.line();
        boost::system::error_code error;
        json::value const message = json::parse(text, error);
        book_.expect(!error && message.is_object(), "a proxy sends what is not a message: " + text.substr(0, 200));
        if (message.is_object())
            take(message.get_object());
    }
} catch (boost::system::system_error const&) {
    // The connection has ended.
}

void proxy_visitor::take(json::object const& message)
{
    if (message.contains("QMP")) {
        book_.expect(!std::exchange(was_greeted_, true), "a proxy greets twice");
        return;
    }
    if (message.contains("event"))
        return take_event(message);
    json::value const* const id = message.if_contains("id");
    if (id != nullptr && id->is_int64())
        return take_reply(id->get_int64(), message);
    if (message.contains("return")) {
        book_.expect(!std::exchange(is_negotiated_, true), "a proxy negotiates twice");
        return;
    }
    book_.expect(unmarked_-- > 0, "a client of a proxy gets an error without a reason: " + text_of(message));
}

void proxy_visitor::take_event(json::object const& event)
{
    book_.expect(is_negotiated_, "an event came before the negotiation");
    std::string_view const name = event.at("event").as_string();
    if (name == event_gap_name) {
        next_event_.reset();
        may_have_lost_a_gap_ = false;
        return;
    }
    json::object const& data = event.at("data").as_object();
    if (name == "__org.coqmp_EVENTS_LOST") {
        std::int64_t const count = data.at("count").as_int64();
        book_.events_lost += static_cast<std::uint64_t>(count);
        if (next_event_)
            *next_event_ += count;
        may_have_lost_a_gap_ = proxy_->holds_clients;
        return;
    }
    ++book_.events;
    std::int64_t const number = data.at("number").as_int64();
    book_.expect(!next_event_ || number == *next_event_ || may_have_lost_a_gap_, "event " + std::to_string(number) +
                                                                                     " came to a client of a proxy instead of " +
                                                                                     std::to_string(next_event_.value_or(-1)));
    next_event_ = number + 1;
    may_have_lost_a_gap_ = false;
}

void proxy_visitor::take_reply(std::int64_t tag, json::object const& reply)
{
    std::string const name = "command " + std::to_string(tag) + " of a client of a proxy";
    if (out_of_band_.erase(tag) == 0) {
        book_.expect(!in_band_.empty() && in_band_.front() == tag, name + " got its answer out of turn, or twice");
        if (!in_band_.empty())
            in_band_.pop_front();
    }
    json::value const* const returned = reply.if_contains("return");
    if (choices_.erase(tag) != 0)
        return book_.expect(returned != nullptr, name + " was refused: " + text_of(reply));
    if (returned == nullptr)
        return check_error(tag, reply.at("error").as_object());
    ++book_.succeeded;
    book_.expect(proxy_->received->has(tag), name + " was answered and never received");
    json::value const* const echo = returned->is_object() ? returned->get_object().if_contains("tag") : nullptr;
    book_.expect(echo != nullptr && *echo == json::value(tag), name + " got the answer of another: " + text_of(reply));
}

void proxy_visitor::check_error(std::int64_t tag, json::object const& error)
{
    std::string_view const why = error.at("desc").as_string();
    if (why == std::to_string(tag)) {
        ++book_.refused;
    } else if (why == "There is no connection to QEMU" || why.starts_with("The command was not sent to QEMU: ")) {
        ++book_.not_sent;
        not_sent_.push_back(tag);
    } else {
        ++book_.outcome_unknown;
        book_.expect(why.starts_with("The connection to QEMU has ended: "),
                     "command " + std::to_string(tag) + " of a client of a proxy got the error of another: " + text_of(error));
    }
}

}  // namespace coqmp::soak
