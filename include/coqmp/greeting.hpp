// What the peer says about itself.
#ifndef COQMP_GREETING_HPP
#define COQMP_GREETING_HPP

#include <coqmp/version.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coqmp {

/// The first message of a monitor. All zero and empty on a session that did not negotiate.
/// @see examples/first_command.cpp
struct greeting
{
    coqmp::version version;
    std::vector<std::string> capabilities;  ///< What the peer offers: `oob`.

    /// Whether the peer offers a capability.
    [[nodiscard]] bool offers(std::string_view capability) const noexcept;

    friend bool operator==(greeting const&, greeting const&) = default;
};

}  // namespace coqmp

#endif
