// The server's side of a QMP conversation, without a socket, a clock or a thread: what each message of a client means, and what follows
// from it, exactly as in QEMU's monitor.
// Invariant: every message of the client is answered exactly once: by the dialogue itself, or by its caller.
#ifndef COQMP_SRC_PROTOCOL_SERVER_DIALOGUE_HPP
#define COQMP_SRC_PROTOCOL_SERVER_DIALOGUE_HPP

#include "protocol/answer_queue.hpp"
#include "protocol/negotiation.hpp"
#include "protocol/request_framer.hpp"
#include "protocol/server_action.hpp"
#include "protocol/server_dialogue_options.hpp"
#include "protocol/server_output.hpp"
#include "protocol/ticket.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/descriptor.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::protocol {

/// One conversation with one client, which begins with the greeting.
class server_dialogue
{
public:
    explicit server_dialogue(server_dialogue_options const& options);
    server_dialogue(server_dialogue const&) = delete;
    server_dialogue& operator=(server_dialogue const&) = delete;

    /// Whether the next byte may be read. As in QEMU, it may not while an out-of-band command is executed, while an in-band
    /// command is (if the client has not enabled `oob`), and while the queue is full (if it has). Unlike in QEMU, it may not
    /// while more output waits than server_dialogue_options::output_limit. The caller should then stop reading from its socket.
    [[nodiscard]] bool wants_input() const noexcept;

    /// Reads one message, or a part of one, and returns what to do. Call it until the input is empty or wants_input() is false; keep
    /// the rest of the input.
    server_action receive(std::string_view& input);

    /// The descriptors that came with the bytes that are received next. Unless the list is empty, they replace those that were
    /// not taken.
    void receive_descriptors(std::vector<descriptor> received);
    /// Gives out the first descriptors for a command that wants some, and closes the others, as QEMU does.
    [[nodiscard]] std::vector<descriptor> take_descriptors(std::size_t most);

    /// Answers a command. The answer leaves after those of the in-band commands that came before, or at once if it is out of band.
    /// @return whether the command had no answer yet; if it had one, nothing is sent
    bool answer(ticket which, boost::json::value const& value, std::vector<descriptor> descriptors = {});
    /// The same with a value that is text already. @param value JSON in ASCII on one line
    bool answer_text(ticket which, std::string_view value, std::vector<descriptor> descriptors = {});
    /// Answers a command with an error.
    bool fail(ticket which, command_error const& error);

    /// Sends an event if the client has negotiated. @param text as event_text() returns it; it can be shared by many clients
    /// @return whether it is sent
    bool send_event(std::string_view text);

    [[nodiscard]] bool is_negotiated() const noexcept { return negotiation_.is_complete(); }
    [[nodiscard]] bool has_enabled(std::string_view capability) const noexcept { return negotiation_.has_enabled(capability); }

    /// Bytes to send next.
    [[nodiscard]] std::string_view output() const noexcept { return output_.unsent(); }
    /// The descriptors to send with the first of these bytes.
    [[nodiscard]] std::span<descriptor const> output_descriptors() const noexcept { return output_.descriptors(); }
    /// Reports that this many bytes were sent, with the descriptors.
    void sent(std::size_t bytes) noexcept { output_.sent(bytes); }
    /// All bytes that are kept for a client, including answers that wait for earlier ones. A server that finds too many sends no
    /// more events.
    [[nodiscard]] std::size_t waiting_bytes() const noexcept { return output_.size() + in_band_.waiting_bytes(); }

private:
    struct out_of_band_command
    {
        ticket which{};
        std::string id;
    };

    server_action handle(boost::json::value&& received, std::string id);
    server_action handle(client_command&& command, std::string id);
    server_action negotiate(client_command const& command, std::string const& id);
    server_action request(client_command&& command, std::string id);
    server_action refuse(std::string_view id, command_error error, bool overtakes);
    [[nodiscard]] std::string const* find_id(ticket which) const noexcept;
    void finish(ticket which, std::string text, std::vector<descriptor> descriptors);

    std::size_t const queue_length_;
    std::size_t const output_limit_;
    request_framer framer_;
    negotiation negotiation_;
    bool out_of_band_ = false;
    std::uint64_t last_ticket_ = 0;
    answer_queue in_band_;
    std::optional<out_of_band_command> urgent_;
    std::vector<descriptor> received_descriptors_;
    server_output output_;
};

}  // namespace coqmp::protocol

#endif
