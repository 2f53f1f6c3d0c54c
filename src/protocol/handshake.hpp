// The greeting and the negotiation of capabilities.
// Invariant: the handshake consumes only the greeting and the replies that carry its id. Any other message is passed on, except
// that one that is not QMP and comes before the greeting ends the handshake.
#ifndef COQMP_SRC_PROTOCOL_HANDSHAKE_HPP
#define COQMP_SRC_PROTOCOL_HANDSHAKE_HPP

#include "protocol/message.hpp"

#include <boost/system/error_code.hpp>

#include <string>
#include <utility>

namespace coqmp::protocol {

/// What a message means to the handshake.
enum class handshake_step {
    not_mine,  ///< The message does not belong to the handshake.
    taken,     ///< The message was consumed, and the output may have grown.
    done,      ///< The negotiation has succeeded.
    failed     ///< error() says why.
};

/// The handshake of one connection: the peer greets, we send `qmp_capabilities`, the peer replies. If it refuses a capability
/// that it has offered, we send `qmp_capabilities` again without capabilities.
class handshake
{
public:
    /// @param id the id of `qmp_capabilities`: a text that no other client of this monitor has used
    /// @param want_out_of_band whether to enable `oob` if the peer offers it
    handshake(std::string id, bool want_out_of_band) : id_(std::move(id)), want_out_of_band_(want_out_of_band) {}

    /// @param received a message from the peer
    /// @param output the string to which a command is appended
    handshake_step handle(message& received, std::string& output);

    /// An earlier client has done it: see resumption.
    void was_done(coqmp::greeting known, bool out_of_band)
    {
        greeting_ = std::move(known);
        asked_out_of_band_ = out_of_band;
        stage_ = stage::done;
    }

    [[nodiscard]] std::string const& id() const noexcept { return id_; }
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept { return greeting_; }
    [[nodiscard]] bool out_of_band() const noexcept { return stage_ == stage::done && asked_out_of_band_; }
    [[nodiscard]] boost::system::error_code error() const noexcept { return error_; }
    /// The description of the error with which QEMU refused.
    [[nodiscard]] std::string const& refusal() const noexcept { return refusal_; }

private:
    enum class stage { greeting, answer, done };

    handshake_step greeted(coqmp::greeting& received, std::string& output);
    handshake_step refused(command_error& error, std::string& output);
    void ask(bool out_of_band, std::string& output);
    [[nodiscard]] bool is_ours(message_id const& id) const noexcept;

    std::string id_;
    bool want_out_of_band_;
    bool asked_out_of_band_ = false;
    stage stage_ = stage::greeting;
    coqmp::greeting greeting_;
    boost::system::error_code error_;
    std::string refusal_;
};

}  // namespace coqmp::protocol

#endif
