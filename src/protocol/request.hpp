// A command on its way through the dialogue.
#ifndef COQMP_SRC_PROTOCOL_REQUEST_HPP
#define COQMP_SRC_PROTOCOL_REQUEST_HPP

#include <coqmp/command.hpp>
#include <coqmp/reply.hpp>

#include <boost/intrusive/list_hook.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::protocol {

/// A command to submit. The caller owns the request and keeps it alive while it is queued or in flight.
class request : public boost::intrusive::list_base_hook<>
{
public:
    enum class stage { idle, queued, in_flight };

    explicit request(coqmp::command&& to_send) : command_(std::move(to_send)) {}
    request(request const&) = delete;
    request& operator=(request const&) = delete;

    [[nodiscard]] coqmp::command const& command() const noexcept { return command_; }
    /// Gives the command back, to be submitted elsewhere. Only once the dialogue has finished with the request.
    [[nodiscard]] coqmp::command take_command() noexcept { return std::move(command_); }
    [[nodiscard]] stage state() const noexcept { return stage_; }
    /// The peer's answer, once there is one.
    [[nodiscard]] reply& answer() noexcept { return answer_; }
    [[nodiscard]] reply const& answer() const noexcept { return answer_; }
    /// Whether the command carries descriptors, and is therefore sent alone.
    [[nodiscard]] bool is_barrier() const noexcept { return !command_.descriptors().empty(); }
    /// The number that the peer returns if this command synchronizes with a guest agent.
    [[nodiscard]] std::optional<std::int64_t> sync() const noexcept { return sync_; }

protected:
    ~request() = default;

private:
    friend class command_sender;
    friend class dialogue;

    coqmp::command command_;
    std::string encoded_;  // up to its id; set only while the command is queued
    reply answer_;
    std::uint64_t sequence_ = 0;  // increases with each submitted request
    std::uint64_t end_ = 0;       // the number of bytes sent in total once this command is sent; zero if it is not in flight
    std::optional<std::int64_t> sync_;
    bool is_counted_ = false;
    stage stage_ = stage::idle;
};

}  // namespace coqmp::protocol

#endif
