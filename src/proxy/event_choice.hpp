// Which events a client of a proxy gets.
#ifndef COQMP_SRC_PROXY_EVENT_CHOICE_HPP
#define COQMP_SRC_PROXY_EVENT_CHOICE_HPP

#include <coqmp/command_error.hpp>
#include <coqmp/event_gap.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace coqmp::proxy {

/// The events that a client has chosen with the proxy's own command, at first all. QEMU never sees the command, and no policy forbids
/// it.
class event_choice
{
public:
    static constexpr std::string_view command_name = "__org.coqmp_events";

    /// Executes the command: `names` is an array of the names of the events that the client wants from now on, which may
    /// include names that no QEMU has; without it, or if it is null, the client wants all events.
    /// @return what is wrong, in QEMU's words; the choice then stays as it was
    [[nodiscard]] std::optional<command_error> execute(boost::json::object const& arguments);

    /// A gap passes every choice: the client must know that it may have missed events that it wants.
    [[nodiscard]] bool includes(std::string_view event) const noexcept
    {
        return !names_ || names_->contains(event) || event == event_gap_name;
    }

private:
    using names = std::set<std::string, std::less<>>;
    [[nodiscard]] static std::optional<command_error> read(boost::json::value const& wanted, names& result);

    std::optional<names> names_;  // Nothing: all.
};

}  // namespace coqmp::proxy

#endif
