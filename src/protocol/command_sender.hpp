// Sends commands: which one goes when, and which wait in the queue.
// Invariant: a request is in the queue, in the window, or with the caller. No half command is ever in the output.
#ifndef COQMP_SRC_PROTOCOL_COMMAND_SENDER_HPP
#define COQMP_SRC_PROTOCOL_COMMAND_SENDER_HPP

#include "protocol/command_queue.hpp"
#include "protocol/counters.hpp"
#include "protocol/dialogue_options.hpp"
#include "protocol/id_source.hpp"
#include "protocol/in_flight_window.hpp"
#include "protocol/output_buffer.hpp"
#include "protocol/request.hpp"
#include "protocol/trace.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>

namespace coqmp::protocol {

/// Its functions do what those of the same name in dialogue do.
class command_sender
{
public:
    command_sender(dialogue_options const& options, counters& counted, trace const& shown);

    [[nodiscard]] boost::system::error_code submit(request& submitted);
    void abandon(request& unwanted);
    void reset() noexcept;
    void sent(std::size_t bytes);
    [[nodiscard]] bool was_sent(request const& submitted) const noexcept
    {
        return submitted.end_ != 0 && submitted.end_ <= output_.total_sent();
    }

    /// The reply to this command has arrived, so that others may go.
    /// @return its request; null if it was abandoned
    request* take_answered(in_flight_window::iterator found);

    /// The peer has not executed this command, because it has an id: sends it again without one, if it still has a request.
    /// @return false if that is impossible
    [[nodiscard]] bool send_without_id(in_flight_window::iterator refused);

    [[nodiscard]] output_buffer& output() noexcept { return output_; }
    [[nodiscard]] output_buffer const& output() const noexcept { return output_; }
    [[nodiscard]] in_flight_window& window() noexcept { return window_; }
    [[nodiscard]] id_source& ids() noexcept { return ids_; }

private:
    [[nodiscard]] bool may_send(request const& next) noexcept;
    /// Puts the command that begins at `begin` in the output in flight, and appends its id. If that throws, the command is
    /// removed from the output.
    void put_in_flight(request& sending, std::size_t begin);
    void reserve(request const& sending, std::size_t begin);
    void release();
    void release(command_queue::lane& queued);

    bool const negotiates_;
    id_source ids_;
    in_flight_window window_;
    command_queue queue_;
    output_buffer output_;
    counters& counters_;
    trace const& trace_;
};

}  // namespace coqmp::protocol

#endif
