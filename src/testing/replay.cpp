#include <coqmp/testing/replay.hpp>

#include <coqmp/testing/transcript_mismatch.hpp>

#include <boost/asio/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp::testing {

namespace {

json::object object_of(std::string const& text)
{
    json::parse_options deep;
    deep.max_depth = 2048;
    error_code error;
    json::value message = json::parse(text, error, json::storage_ptr(), deep);
    if (error || !message.is_object())
        throw std::runtime_error("a message of the transcript is not a JSON object: " + text);
    return std::move(message.as_object());
}

/// One conversation that is repeated.
class repetition
{
public:
    /// Compares a command with a recorded one, and learns its id.
    [[nodiscard]] bool is_same(std::string const& recorded, received_command const& now)
    {
        json::object before = object_of(recorded);
        json::object after = object_of(now.text);
        if (auto const* const id = before.if_contains("id"))
            ids_.insert_or_assign(json::serialize(*id), now.id);
        before.erase("id");
        after.erase("id");
        return before == after;
    }

    /// A recorded reply, with the id that its command has now.
    [[nodiscard]] std::string reply_of(std::string const& recorded) const
    {
        json::object message = object_of(recorded);
        auto* const id = message.if_contains("id");
        auto const found = id != nullptr ? ids_.find(json::serialize(*id)) : ids_.end();
        if (found == ids_.end())
            return recorded;
        *id = found->second;
        return json::serialize(message);
    }

private:
    std::map<std::string, json::value> ids_;
};

/// @return a command without a text: the client has disconnected
asio::awaitable<received_command> receive_or_end(scripted_peer& peer)
{
    received_command result;
    try {
        result = co_await peer.receive();
    } catch (system_error const& failure) {
        if (failure.code() != asio::error::eof && failure.code() != asio::error::connection_reset)
            throw;
    }
    co_return std::move(result);
}

}  // namespace

asio::awaitable<void> replay(scripted_peer& peer, transcript recorded)
{
    repetition conversation;
    std::size_t number = 0;
    for (auto const& [way, text] : recorded.messages()) {
        ++number;
        if (way == direction::received) {
            peer.say(conversation.reply_of(text) + "\r\n");
            continue;
        }
        received_command const now = co_await receive_or_end(peer);
        if (now.text.empty() || !conversation.is_same(text, now))
            throw transcript_mismatch(number, text, now.text);
    }
}

}  // namespace coqmp::testing
