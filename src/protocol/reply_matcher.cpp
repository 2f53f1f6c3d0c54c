#include "protocol/reply_matcher.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

namespace coqmp::protocol {

namespace {

/// Whether a guest agent from before QEMU 2.12 rejects a command because it has an id. (The error does not name the command, and
/// only its description gives the reason.)
bool refuses_id(command_error const& error) noexcept
{
    return error.description.find("member 'id' is unexpected") != std::string::npos;
}

}  // namespace

reply_matcher::iterator reply_matcher::match(message_id const& id)
{
    auto const* number = std::get_if<std::uint64_t>(&id);
    if (number == nullptr || *number == 0)
        return window_.end();
    auto const found = window_.find(*number);
    if (found != window_.end())
        ids_.returned(found->id);
    return found;
}

// A peer that may not know ids answers in order, only one command at a time is in flight, and an abandoned command stays there, so
// the reply belongs to the oldest command. But while a synchronizing command is in flight, only the reply with its number counts,
// because any other may be an earlier client's.
reply_matcher::iterator reply_matcher::match_unmarked(boost::json::value const& returned)
{
    if (ids_.are_required())
        return window_.find(0);
    auto found = std::find_if(window_.begin(), window_.end(), [&](in_flight const& each) {
        return each.sync && returned.is_int64() && returned.get_int64() == *each.sync;
    });
    if (found == window_.end() && ids_.may_be_missing() && !window_.has_sync())
        found = window_.begin();
    if (found != window_.end())
        ids_.omit();
    return found;
}

unmarked_error reply_matcher::match_unmarked(command_error const& error)
{
    if (ids_.may_be_refused() && refuses_id(error)) {
        auto const refused = std::find_if(window_.begin(), window_.end(), [](in_flight const& each) { return each.id != 0; });
        if (refused != window_.end())
            return {unmarked_error::meaning::refused_id, refused, {}};
    }
    if (window_.has_sync()) {
        // If this command fails, the error names it. Any other error concerns earlier bytes: the agent reports even a 0xFF.
        if (error.description.find("guest-sync") == std::string::npos)
            return stray("it concerns bytes from before guest-sync");
        return failure_of(
            std::find_if(window_.begin(), window_.end(), [](in_flight const& each) { return each.sync.has_value(); }));
    }
    if (auto const lone = window_.find(0); ids_.are_required() && lone != window_.end())
        return failure_of(lone);
    // If exactly one command is in flight, the error must belong to it. But a peer that answers out of order may still owe a reply
    // to a command that another has overtaken.
    bool const is_unambiguous = ids_.may_be_missing() ? !window_.empty() : window_.size() == 1 && !window_.is_owed_a_reply();
    if (is_unambiguous)
        return failure_of(window_.begin());
    std::string const count = std::to_string(window_.size());
    window_.count_unattributed_error();
    return stray("it cannot be attributed to one of the " + count + " commands on the wire");
}

unmarked_error reply_matcher::failure_of(iterator command) const
{
    return {unmarked_error::meaning::failure, command, {}};
}

unmarked_error reply_matcher::stray(std::string why) const
{
    return {unmarked_error::meaning::stray, window_.end(), std::move(why)};
}

}  // namespace coqmp::protocol
