// The rules of a QMP conversation, without a socket, a clock or a thread: which requests are unanswered, which may be sent now,
// and which request an answer belongs to.
// Invariant: a request is queued, on the wire, or with the caller. Each submitted request is answered, abandoned or forgotten
// exactly once.
#ifndef COQMP_SRC_PROTOCOL_DIALOGUE_HPP
#define COQMP_SRC_PROTOCOL_DIALOGUE_HPP

#include "protocol/counters.hpp"
#include "protocol/decoder.hpp"
#include "protocol/handshake.hpp"
#include "protocol/short_ids.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_ids.hpp>
#include <coqmp/descriptor.hpp>
#include <coqmp/event.hpp>
#include <coqmp/reply.hpp>

#include <boost/circular_buffer.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coqmp::protocol {

/// A command to submit. The caller owns the request and keeps it alive while it is queued or on the wire.
class request : public boost::intrusive::list_base_hook<>
{
public:
    enum class stage { idle, waiting, on_wire };

    explicit request(command&& what) : command_(std::move(what)) {}
    request(request const&) = delete;
    request& operator=(request const&) = delete;

    [[nodiscard]] command const& what() const noexcept { return command_; }
    [[nodiscard]] stage where() const noexcept { return stage_; }
    /// Increases with each submitted request.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// The peer's answer, once there is one.
    [[nodiscard]] reply& answer() noexcept { return answer_; }
    [[nodiscard]] reply const& answer() const noexcept { return answer_; }

protected:
    ~request() = default;

private:
    friend class dialogue;
    command command_;
    std::string encoded_;  // up to its id; set only while the command is queued
    reply answer_;
    std::uint64_t number_ = 0;
    std::uint64_t end_ = 0;  // the number of bytes sent in total once this command is sent; zero if it is not on the wire
    std::optional<std::int64_t> sync_;  // the number that the peer returns if this command synchronizes with a guest agent
    bool is_counted_ = false;
    stage stage_ = stage::idle;
};

// What the caller has to do after a step of the dialogue.
struct nothing  ///< Nothing to do: continue.
{
    friend bool operator==(nothing, nothing) = default;
};
struct ready  ///< The handshake has succeeded; requests may be submitted.
{
    friend bool operator==(ready, ready) = default;
};
struct answered  ///< A request has its answer and is back with the caller.
{
    request* which = nullptr;
    friend bool operator==(answered, answered) = default;
};
struct happened  ///< An event arrived.
{
    event what;
    friend bool operator==(happened const&, happened const&) = default;
};
struct ignored  ///< A message was dropped and counted; the sentence is for the log.
{
    std::string sentence;
    friend bool operator==(ignored const&, ignored const&) = default;
};
struct ended  ///< The conversation cannot go on.
{
    boost::system::error_code why;
    friend bool operator==(ended const&, ended const&) = default;
};
using action = std::variant<nothing, ready, answered, happened, ignored, ended>;

struct dialogue_options
{
    decoder_limits limits;
    std::size_t in_band_window = 7;  ///< Zero: no limit.
    /// More bytes of output than this mean that the peer does not read: further commands stay in the queue, where they can be
    /// cancelled.
    std::size_t output_limit = std::size_t{1} << 20;
    bool negotiate = true;
    bool out_of_band = true;
    command_ids ids = command_ids::automatic;         ///< Only without `negotiate`.
    std::uint64_t nonce = 0;                          ///< Different from every other client's of this monitor.
    std::function<void(std::string_view)> on_output;  ///< Sees each message as it is put into the output.
    std::function<void(std::string_view)> on_input;   ///< Sees each message before it is handled.
};

/// One conversation.
class dialogue
{
public:
    explicit dialogue(dialogue_options const& options);

    /// Reads one message, or a part of one, and returns what to do. Call it until the input is empty.
    action receive(std::string_view& input);

    /// Whether a message has begun and not ended.
    [[nodiscard]] bool inside_message() const noexcept { return decoder_.inside_message(); }

    /// The memory that the JSON of the last message takes, in bytes.
    [[nodiscard]] std::size_t last_message_memory() const noexcept { return decoder_.last_message_memory(); }

    /// Puts a request into the output, or queues it.
    /// @return what is wrong with the command, if anything; the request then stays with the caller
    [[nodiscard]] boost::system::error_code submit(request& what);

    /// Returns a request to the caller, who no longer wants the answer. If it is queued, it is never sent; if it is on the wire,
    /// its reply is dropped when it arrives.
    void abandon(request& what);

    /// Gives all requests back to the caller, because the conversation is over.
    void forget_all() noexcept;

    /// Whether the whole command has been sent. The peer cannot execute a command whose last byte it never receives.
    [[nodiscard]] bool was_sent(request const& what) const noexcept { return what.end_ != 0 && what.end_ <= written_; }

    /// Whether requests may be submitted.
    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept { return handshake_.greeting(); }
    [[nodiscard]] bool out_of_band() const noexcept { return handshake_.out_of_band(); }
    [[nodiscard]] std::string const& refusal() const noexcept { return handshake_.refusal(); }

    /// Bytes to send next.
    [[nodiscard]] std::string_view output() const noexcept { return std::string_view(output_).substr(sent_); }
    /// The descriptors to send with the first of these bytes.
    [[nodiscard]] std::span<descriptor const> output_descriptors() const noexcept { return output_descriptors_; }
    /// Reports that this many bytes were sent, with the descriptors.
    void sent(std::size_t bytes);

    [[nodiscard]] protocol::counters& counters() noexcept { return counters_; }
    [[nodiscard]] protocol::counters const& counters() const noexcept { return counters_; }

private:
    using waiting_list = boost::intrusive::list<request, boost::intrusive::constant_time_size<false>>;

    /// Whether the peer returns ids.
    enum class echo { unknown, yes, no };

    // A command on the wire. An abandoned command keeps its entry, without a request, so that its reply is dropped.
    struct entry
    {
        std::uint64_t id;  // 0 if it was sent without one
        request* asker;
        bool out_of_band;
        bool barrier;
        std::optional<std::int64_t> sync;
    };
    // Most entries are removed at the front. An empty std::deque would take 600 bytes, and circular_buffer_space_optimized would
    // cost 150 instructions more.
    using wire_list = boost::circular_buffer<entry>;

    action handle(message& received);
    action handle_handshake(message& received);
    action match(message_id const& id, reply&& answer);
    action match_without_id(command_error&& error);
    action match_unmarked(boost::json::value&& returned);
    action match_unmarked(command_error&& error);
    action send_without_id(wire_list::iterator refused, command_error&& error);
    action ignore_reply();
    /// Without ids to match replies by, only one command is on the wire at a time.
    [[nodiscard]] bool one_at_a_time() const noexcept { return echo_ != echo::yes; }
    [[nodiscard]] bool may_go_alone(request const& what) const noexcept;
    action settle(wire_list::iterator found, reply&& answer);
    void take_off_wire(wire_list::iterator which);
    void forget_passed_over(std::ptrdiff_t place);
    [[nodiscard]] bool may_go(request const& what) const noexcept;
    /// Puts the command that begins at `begin` in the output on the wire, and appends its id. If that throws, the command is
    /// removed from the output.
    void put_on_wire(request& what, std::size_t begin);
    void make_room(request const& what, std::size_t begin);
    [[nodiscard]] std::uint64_t take_id(request const& what) noexcept;
    void trace_output(std::size_t begin) const;
    void trace_input(std::string_view bytes);
    void release();
    void release(waiting_list& waiting);

    dialogue_options options_;
    decoder decoder_;
    protocol::handshake handshake_;
    protocol::counters counters_;
    bool ready_;
    bool has_heard_ = false;
    echo echo_;
    std::uint64_t next_number_;
    short_ids short_ids_;
    wire_list wire_;
    std::size_t in_band_on_wire_ = 0;
    std::size_t barriers_on_wire_ = 0;
    std::size_t syncs_on_wire_ = 0;
    waiting_list out_of_band_waiting_;
    waiting_list in_band_waiting_;
    std::size_t owed_answers_ = 0;  // to abandoned commands that the peer has passed over
    std::size_t errors_of_the_wire_ =
        0;  // errors without an id while several commands were on the wire: each answers one of these
    std::string output_;
    std::size_t sent_ = 0;
    std::uint64_t written_ = 0;  // bytes sent since the conversation began
    std::vector<descriptor> output_descriptors_;
    std::string traced_;  // the beginning of a message that is traced when it is complete
};

}  // namespace coqmp::protocol

#endif
