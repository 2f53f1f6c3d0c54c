// The types of a machine's settings.
#ifndef COQMPD_MACHINES_MACHINE_READERS_HPP
#define COQMPD_MACHINES_MACHINE_READERS_HPP

#include "daemon/configuration/setting.hpp"
#include "machines/machine_file.hpp"

#include <coqmp/endpoint.hpp>

#include <string>
#include <vector>

namespace coqmpd {

/// A program's arguments. Unlike in other lists, each may be empty.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<located<std::string>>> program_arguments();
/// The same, for members that need no places.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<std::string>> plain_arguments();
/// A list of `NAME=value`.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<std::string>> variables();
/// A list of names of machines, without repetitions.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<located<std::string>>> machine_names();
/// A path that begins with a slash.
[[nodiscard]] coqmp_daemon::value_reader<std::string> absolute_path();
/// The name or the number of a user or of a group of this host, as it is written.
[[nodiscard]] coqmp_daemon::value_reader<std::string> user_text(account_check check);
[[nodiscard]] coqmp_daemon::value_reader<std::string> group_text(account_check check);
/// The number of a user or of a group. Without a check, one that does not exist is left out.
[[nodiscard]] coqmp_daemon::value_reader<::uid_t> known_user(account_check check);
[[nodiscard]] coqmp_daemon::value_reader<::gid_t> known_group(account_check check);
/// A number of CPUs, such as 2 or 0.5.
[[nodiscard]] coqmp_daemon::value_reader<double> cpu_count();
/// An address to connect to.
[[nodiscard]] coqmp_daemon::value_reader<coqmp::endpoint> dialed_address();
/// An address, or a pattern of paths.
[[nodiscard]] coqmp_daemon::value_reader<observed_monitors> observed();
/// One of the policies for monitors that the library has.
[[nodiscard]] coqmp_daemon::value_reader<std::string> monitor_policy_name();
/// A list of QEMU's events.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<std::string>> event_names();
/// A list of some of these names.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<std::string>> names_among(std::vector<std::string> const& known);

}  // namespace coqmpd

#endif
