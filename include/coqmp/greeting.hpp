// What the peer says about itself.
#ifndef COQMP_GREETING_HPP
#define COQMP_GREETING_HPP

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp {

/// QEMU's version.
struct version
{
    int major = 0;
    int minor = 0;
    int micro = 0;
    std::string package;  ///< Of the distribution; may be empty.
    /// What the peer sent instead of three numbers; empty if it sent three numbers, or no version.
    std::string text = {};  // NOLINT(readability-redundant-member-init): without it g++ warns of `{7, 2, 22, ""}`

    friend bool operator==(version const&, version const&) = default;
};

/// Prints `7.2.22 (Debian 1:7.2+dfsg-7)`, with `text` in place of the numbers if it is not empty.
std::ostream& operator<<(std::ostream& out, version const& what);

/// The first message of a monitor. All zero and empty on a session that did not negotiate.
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
