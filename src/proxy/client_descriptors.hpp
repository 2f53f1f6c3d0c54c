// Which client owns each descriptor that QEMU keeps: named descriptors (`getfd`) and sets of descriptors (`add-fd`). QEMU sees
// only one client, and would let each client of the proxy replace, close and use the descriptors of another one.
// Invariants: a name or a set has at most one owner, and only its owner's commands on it are admitted. QEMU has every name and
// set that is owned, or may have it.
#ifndef COQMP_SRC_PROXY_CLIENT_DESCRIPTORS_HPP
#define COQMP_SRC_PROXY_CLIENT_DESCRIPTORS_HPP

#include "proxy/client_id.hpp"
#include "proxy/descriptor_use.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coqmp::proxy {

/// The descriptors of all clients of one QEMU. It considers only what these clients did: commands on other sets, such as those
/// of QEMU's command line and of its other monitors, are left to QEMU. Numbers of QEMU's own descriptors (`fd=12`) and files
/// that are opened as `/dev/fdset/N` are not covered.
class client_descriptors
{
public:
    using admission = std::variant<descriptor_use, command_error>;

    /// Asks whether a client's command may go to QEMU. Call it in the order in which the commands are sent.
    /// @return the use to pass to answered() later, or the error to answer with. If QEMU has an error for a name or a set that
    ///         does not exist, it is that error, so that a client cannot see what another one has
    [[nodiscard]] admission admit(client_id who, std::string_view command, boost::json::object const& arguments);

    /// An admitted command has been answered. Call it even if the client has left. @param value null: it has failed
    /// @return commands to send to QEMU before any other: they remove sets of clients that have left, once it is certain which
    ///         client's sets they are
    [[nodiscard]] std::vector<command> answered(client_id who, descriptor_use const& use, boost::json::value const* value);

    /// A client has left.
    /// @return the commands that give back what it had. Send them to QEMU before any other command, because the names are free now.
    ///         If one of them fails, there was nothing to give back: a command had taken the descriptor
    [[nodiscard]] std::vector<command> leave(client_id who);

    /// QEMU has lost all descriptors, because the connection to it has ended. Do not call answered() for commands that were on
    /// the wire.
    void forget() noexcept;

    /// The names and sets that are remembered.
    [[nodiscard]] std::size_t size() const noexcept { return names_.size() + sets_.size(); }

private:
    struct ownership
    {
        client_id owner{};
        std::size_t unanswered = 0;  ///< The commands on the wire that add to it.
        std::size_t outdated = 0;    ///< Those of them that were sent before it was removed.
        bool is_held = false;        ///< QEMU has it for sure.
        bool may_be_left = false;    ///< A part of it was removed, which may have been the last.
        bool is_orphan = false;      ///< Its owner has left, and QEMU may be choosing the set for another client now.

        /// Whether it is used up, as far as the answers show: a name that a command has taken, or a set that was removed.
        [[nodiscard]] bool is_remnant() const noexcept { return !is_held && unanswered == 0; }
    };
    struct additions
    {
        std::size_t unanswered = 0;  ///< The `add-fd` commands on the wire for which QEMU chooses the set.
        bool has_left = false;
    };

    [[nodiscard]] std::optional<command_error> refusal(client_id who, descriptor_use const& use,
                                                       boost::json::object const& arguments) const;
    [[nodiscard]] std::optional<command_error> name_refusal(client_id who, descriptor_use const& use) const;
    [[nodiscard]] bool may_be_anothers(client_id who, descriptor_use const& use) const noexcept;
    [[nodiscard]] bool is_another_one_adding(client_id who) const noexcept;
    void reserve(client_id who, descriptor_use const& use);
    void expect_removal(client_id who, descriptor_use const& use);

    void set_chosen(client_id who, boost::json::value const* value);
    [[nodiscard]] std::vector<command> give_back_orphans();

    std::map<std::string, ownership, std::less<>> names_;
    std::map<std::int64_t, ownership> sets_;
    std::map<client_id, additions> adding_;
};

}  // namespace coqmp::proxy

#endif
