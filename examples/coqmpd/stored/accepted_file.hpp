// The file of a machine as it was when it was accepted last, for a daemon that finds it refused or missing, without I/O.
#ifndef COQMPD_STORED_ACCEPTED_FILE_HPP
#define COQMPD_STORED_ACCEPTED_FILE_HPP

#include "machines/machine_file.hpp"
#include "stored/launched_arguments.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

struct accepted_file
{
    std::string text;
    /// The numbers of the accounts that the file names, for when the host no longer knows the names. Empty: it names none.
    std::string user;
    std::string group;
    std::vector<launched_arguments> launches;  ///< With one of them, its QEMU was launched.

    friend bool operator==(accepted_file const&, accepted_file const&) = default;
};

/// A line of JSON: `{"format":1,"text":"arguments = []","user":"64055","group":"107","launches":[...]}`
[[nodiscard]] std::string to_string(accepted_file const& file);

/// @return nothing: to_string() has not written it, at least not that of this version
[[nodiscard]] std::optional<accepted_file> parse_accepted_file(std::string_view text);

/// What the file says, even if its accounts are not known any more: QEMU's have numbers then.
/// @throws coqmp_daemon::configuration_error this version does not accept the file
[[nodiscard]] machine_file machine_of(accepted_file const& file, std::string const& name);

/// @param machine which was accepted, and is not observed
/// Asks the host for the numbers of accounts, and so may block.
[[nodiscard]] accepted_file accept(machine_file const& machine, std::vector<launched_arguments> launches);

}  // namespace coqmpd

#endif
