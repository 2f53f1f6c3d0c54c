// What is wrong with a machine_spec, before anything is launched.
#ifndef COQMP_SRC_MACHINE_SPEC_CHECK_HPP
#define COQMP_SRC_MACHINE_SPEC_CHECK_HPP

#include <coqmp/endpoint.hpp>
#include <coqmp/machine_spec.hpp>

#include <optional>
#include <string>

namespace coqmp::detail {

/// @param monitor where the machine connects; none: a socketpair
/// @return a sentence, without a full stop, that says why such a machine cannot be started; none if it can
[[nodiscard]] std::optional<std::string> why_it_cannot_start(machine_spec const& spec, endpoint const* monitor);

/// Whether QEMU is to leave its parent (`-daemonize`).
[[nodiscard]] bool goes_to_background(machine_spec const& spec);

/// An id for the monitor's chardev that the arguments do not use.
[[nodiscard]] std::string unused_chardev_id(machine_spec const& spec);

}  // namespace coqmp::detail

#endif
