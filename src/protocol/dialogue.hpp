// A QMP conversation, without a socket, a clock or a thread: what each message of the peer means, and what follows from it.
// Invariant: a request is queued, in flight, or with the caller. Each submitted request is answered, abandoned or given back
// exactly once.
#ifndef COQMP_SRC_PROTOCOL_DIALOGUE_HPP
#define COQMP_SRC_PROTOCOL_DIALOGUE_HPP

#include "protocol/action.hpp"
#include "protocol/command_sender.hpp"
#include "protocol/counters.hpp"
#include "protocol/decoder.hpp"
#include "protocol/dialogue_options.hpp"
#include "protocol/handshake.hpp"
#include "protocol/reply_matcher.hpp"
#include "protocol/request.hpp"
#include "protocol/resumption.hpp"
#include "protocol/trace.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace coqmp::protocol {

/// One conversation.
class dialogue
{
public:
    explicit dialogue(dialogue_options const& options);
    dialogue(dialogue const&) = delete;
    dialogue& operator=(dialogue const&) = delete;

    /// Goes on with the conversation of an earlier client, who has left the connection open: instead of a greeting, the rest of that
    /// conversation comes first. Call it before everything else, on a dialogue that negotiates.
    /// @param out_of_band whether the earlier client has enabled `oob`
    void resume(bool out_of_band);

    /// Reads one message, or a part of one, and returns what to do. Call it until the input is empty.
    action receive(std::string_view& input);

    /// Whether the next message may be passed on as it is, without receive(): see plain_message.
    [[nodiscard]] bool may_skip_message() const noexcept
    {
        return ready_ && negotiates_ && !decoder_.inside_message() && !trace_.shows_input();
    }
    /// The request in flight with this id, or with 0 the one that was sent without an id; null if there is none, or if it was abandoned.
    [[nodiscard]] request* find_request(std::uint64_t id) noexcept;
    /// The request was answered by a message that receive() has not seen. The request has no answer.
    void skip_reply(std::uint64_t id);
    /// The same for an event.
    void skip_event() noexcept { counters_.events.add(); }

    /// From now on a command that is alone on the wire is sent without an id, and its reply comes without one. QEMU takes 10 us to read
    /// each byte, so this saves a tenth or more of a short command's round trip.
    void omit_lone_ids() noexcept { sender_.ids().omit_lone(); }

    /// Whether a message has begun and not ended.
    [[nodiscard]] bool inside_message() const noexcept { return decoder_.inside_message(); }

    /// The memory that the JSON of the last message takes, in bytes.
    [[nodiscard]] std::size_t last_message_memory() const noexcept { return decoder_.last_message_memory(); }

    /// Puts a request into the output, or queues it.
    /// @return what is wrong with the command, if anything; the request then stays with the caller
    [[nodiscard]] boost::system::error_code submit(request& submitted);

    /// Returns a request to the caller, who no longer wants the answer. If it is queued, it is never sent; if it is in flight, its
    /// reply is dropped when it arrives.
    void abandon(request& unwanted) { sender_.abandon(unwanted); }

    /// Gives all requests back to the caller, because the conversation is over.
    void reset() noexcept { sender_.reset(); }

    /// Whether the whole command has been sent. The peer cannot execute a command whose last byte it never receives.
    [[nodiscard]] bool was_sent(request const& submitted) const noexcept { return sender_.was_sent(submitted); }

    /// Whether requests may be submitted.
    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept { return handshake_.greeting(); }
    [[nodiscard]] bool out_of_band() const noexcept { return handshake_.out_of_band(); }
    [[nodiscard]] std::string const& refusal() const noexcept { return handshake_.refusal(); }

    /// Bytes to send next.
    [[nodiscard]] std::string_view output() const noexcept { return sender_.output().unsent(); }
    /// The descriptors to send with the first of these bytes.
    [[nodiscard]] std::span<descriptor const> output_descriptors() const noexcept { return sender_.output().descriptors(); }
    /// Reports that this many bytes were sent, with the descriptors.
    void sent(std::size_t bytes) { sender_.sent(bytes); }

    [[nodiscard]] protocol::counters& counters() noexcept { return counters_; }
    [[nodiscard]] protocol::counters const& counters() const noexcept { return counters_; }

private:
    action receive_first_line(std::string_view& input);
    action receive_message(std::string_view& input);
    action handle(message& received);
    action handle_resumption(message& received);
    action handle_handshake(message& received);
    action handle_return(return_message& received);
    action handle_error(error_message& received);
    action settle(in_flight_window::iterator found, reply&& answer);

    bool const negotiates_;
    decoder_limits const limits_;
    decoder decoder_;
    protocol::handshake handshake_;
    std::unique_ptr<resumption> resumption_;  ///< While it takes the place of the handshake.
    protocol::counters counters_;
    bool ready_;
    bool has_heard_ = false;
    trace trace_;
    command_sender sender_;
    reply_matcher matcher_;
};

}  // namespace coqmp::protocol

#endif
