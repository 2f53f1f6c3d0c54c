// Whether commands carry an id.
#ifndef COQMP_COMMAND_IDS_HPP
#define COQMP_COMMAND_IDS_HPP

namespace coqmp {

/// Whether commands carry an id, for a peer that sends no greeting, such as the guest agent.
enum class command_ids {
    /// They do until the peer shows that it does not know ids: it answers without one, or refuses a command because of its id
    /// (the command is then sent again without one). Until a reply with an id has arrived, one command is on the wire at a
    /// time.
    automatic,
    always,  ///< For a peer that is known to return ids.
    never    ///< For a peer that is known not to return ids.
};

}  // namespace coqmp

#endif
