// The version of the peer.
#ifndef COQMP_VERSION_HPP
#define COQMP_VERSION_HPP

#include <iosfwd>
#include <string>

namespace coqmp {

/// QEMU's version.
struct version
{
    int major = 0;
    int minor = 0;
    int micro = 0;
    std::string package;  ///< The distribution's package version; may be empty.
    /// What the peer sent instead of three numbers; empty if it sent three numbers, or no version.
    std::string text = {};  // NOLINT(readability-redundant-member-init): without it g++ warns of `{7, 2, 22, ""}`

    friend bool operator==(version const&, version const&) = default;
};

/// Prints `7.2.22 (Debian 1:7.2+dfsg-7)`, with `text` in place of the numbers if it is not empty.
/// @see examples/first_command.cpp
std::ostream& operator<<(std::ostream& out, version const& value);

}  // namespace coqmp

#endif
