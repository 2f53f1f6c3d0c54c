// The ids of commands, and whether the peer returns them.
#ifndef COQMP_SRC_PROTOCOL_ID_SOURCE_HPP
#define COQMP_SRC_PROTOCOL_ID_SOURCE_HPP

#include "protocol/short_ids.hpp"

#include <coqmp/command_ids.hpp>

#include <cstdint>

namespace coqmp::protocol {

/// Short ids after a handshake, because no reply to another client's command can arrive then. Otherwise the ids start at a random
/// number, and a peer may turn out not to know ids: an old guest agent.
class id_source
{
public:
    /// @param nonce different from every other client's of this monitor
    id_source(bool negotiates, command_ids policy, std::uint64_t nonce) noexcept
        : negotiates_(negotiates),
          policy_(policy),
          echo_(negotiates || policy == command_ids::always ? echo::yes
                : policy == command_ids::never              ? echo::no
                                                            : echo::unknown),
          next_(negotiates ? short_ids::longest + 1 : (nonce >> 16) + 1)
    {}

    /// The number of the next command that is submitted, and perhaps its id.
    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_; }
    void submitted() noexcept { ++next_; }

    /// From now on a command that is alone on the wire is sent without an id. Only after a handshake.
    void omit_lone() noexcept { omits_lone_ = negotiates_; }

    /// The id for a command that is sent now; 0 if it is sent without one.
    /// @param is_lone whether no other reply can arrive before this command's
    [[nodiscard]] std::uint64_t acquire(std::uint64_t sequence, bool is_lone) noexcept
    {
        if (echo_ == echo::no || (omits_lone_ && is_lone))
            return 0;
        std::uint64_t const digit = negotiates_ ? short_ids_.acquire() : 0;
        return digit != 0 ? digit : sequence;
    }

    /// The reply with this id has arrived.
    void returned(std::uint64_t id) noexcept
    {
        if (negotiates_ && id <= short_ids::longest)
            short_ids_.release(id);
        echo_ = echo::yes;
    }

    /// The peer does not know ids: further commands have none.
    void omit() noexcept { echo_ = echo::no; }
    [[nodiscard]] bool are_omitted() const noexcept { return echo_ == echo::no; }

    /// Whether replies may come without ids to match them by: then only one command is in flight at a time.
    [[nodiscard]] bool may_be_missing() const noexcept { return echo_ != echo::yes; }

    /// Whether a peer could reject a command for its id.
    [[nodiscard]] bool may_be_refused() const noexcept { return !negotiates_ && policy_ == command_ids::automatic; }

    /// Whether a reply without an id is certainly not for us, unless it is for a command that was sent without one.
    [[nodiscard]] bool are_required() const noexcept { return negotiates_ || policy_ == command_ids::always; }

private:
    enum class echo { unknown, yes, no };

    bool negotiates_;
    bool omits_lone_ = false;
    command_ids policy_;
    echo echo_;
    short_ids short_ids_;
    std::uint64_t next_;
};

}  // namespace coqmp::protocol

#endif
