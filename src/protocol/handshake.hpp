// Greeting and capabilities negotiation.
// Invariant: only the greeting and the reply with our nonce belong to the handshake; all other messages do not.
#ifndef COQMP_SRC_PROTOCOL_HANDSHAKE_HPP
#define COQMP_SRC_PROTOCOL_HANDSHAKE_HPP

#include "protocol/message.hpp"

#include <boost/system/error_code.hpp>

#include <string>

namespace coqmp::protocol {

/// What the handshake makes of a message.
enum class handshake_step {
    not_mine,  ///< It does not belong to the handshake.
    taken,     ///< Nothing to do; output may have grown.
    done,      ///< Negotiated.
    failed     ///< error() says why.
};

/// The handshake of one connection. It goes: greeting, `qmp_capabilities`, its reply; and `qmp_capabilities` once more
/// without capabilities if the peer refuses those that it had offered.
class handshake
{
public:
    /// @param id of `qmp_capabilities`: a text that no other client of this monitor has used
    /// @param want_out_of_band ask for `oob` if it is offered
    handshake(std::string id, bool want_out_of_band) : id_(std::move(id)), want_out_of_band_(want_out_of_band) {}

    /// @param received a message of the peer's
    /// @param output where a command to send is appended
    handshake_step handle(message& received, std::string& output);

    [[nodiscard]] coqmp::greeting const& greeting() const noexcept { return greeting_; }
    [[nodiscard]] bool out_of_band() const noexcept { return stage_ == stage::done && asked_out_of_band_; }
    [[nodiscard]] boost::system::error_code error() const noexcept { return error_; }
    /// What QEMU said when it refused.
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
