// The in-band commands of a client that are not answered yet, and answers that wait for those of earlier commands.
// Invariant: answers leave in the order in which their commands came.
#ifndef COQMP_SRC_PROTOCOL_ANSWER_QUEUE_HPP
#define COQMP_SRC_PROTOCOL_ANSWER_QUEUE_HPP

#include "protocol/server_output.hpp"
#include "protocol/ticket.hpp"

#include <coqmp/descriptor.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace coqmp::protocol {

class answer_queue
{
public:
    /// A command was received. @param id as it goes into the answer
    void add(ticket which, std::string id);
    /// A message was received that is already answered.
    void add_answered(std::string text);

    /// @return nullptr if the command is not in the queue, or has its answer
    [[nodiscard]] std::string const* find_id(ticket which) const noexcept;
    /// Stores the answer to a command for which find_id() has found an id.
    void answer(ticket which, std::string text, std::vector<descriptor> descriptors);

    /// Moves the answers that wait for no other one to the output.
    void flush(server_output& output);

    /// The number of commands, including those whose answers wait.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// The size of the answers that wait.
    [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }

private:
    struct entry
    {
        ticket which{};
        std::string id;
        std::optional<std::string> answer;
        std::vector<descriptor> descriptors;
    };

    [[nodiscard]] static auto unanswered(ticket which) noexcept
    {
        return [which](entry const& each) { return each.which == which && !each.answer; };
    }

    std::deque<entry> entries_;
    std::size_t waiting_bytes_ = 0;
};

}  // namespace coqmp::protocol

#endif
