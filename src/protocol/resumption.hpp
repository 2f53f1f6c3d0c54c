// What takes the place of the handshake on a connection that an earlier client has negotiated and left open: no greeting comes,
// and `qmp_capabilities` would be refused.
// Invariant: it is over when the answer to its own command has come. QEMU answers in order, so no reply to a command of the
// earlier client can follow.
#ifndef COQMP_SRC_PROTOCOL_RESUMPTION_HPP
#define COQMP_SRC_PROTOCOL_RESUMPTION_HPP

#include "protocol/first_line.hpp"
#include "protocol/handshake.hpp"
#include "protocol/message.hpp"

#include <coqmp/error.hpp>
#include <coqmp/greeting.hpp>

#include <boost/system/error_code.hpp>

#include <string>
#include <utility>

namespace coqmp::protocol {

/// One resumption: we send `query-version`, the peer replies. Replies to the earlier client's commands are dropped.
class resumption
{
public:
    /// @param id a text that no other client of this monitor has used
    /// @param out_of_band whether the earlier client has enabled `oob`
    resumption(std::string id, bool out_of_band, decoder_limits limits)
        : id_(std::move(id)), out_of_band_(out_of_band), line_(limits)
    {}

    /// Appends what is to be sent first.
    void begin(std::string& output) const;

    [[nodiscard]] first_line& line() noexcept { return line_; }

    /// @param received a message that is not an event
    handshake_step handle(message& received);

    /// What the peer would have said in its greeting, as far as that is known.
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept { return greeting_; }
    [[nodiscard]] bool out_of_band() const noexcept { return out_of_band_; }
    [[nodiscard]] boost::system::error_code error() const noexcept { return error_; }

private:
    handshake_step fail(errc why);
    [[nodiscard]] bool is_ours(message_id const& id) const noexcept;

    std::string id_;
    bool out_of_band_;
    first_line line_;
    coqmp::greeting greeting_;
    boost::system::error_code error_;
};

}  // namespace coqmp::protocol

#endif
