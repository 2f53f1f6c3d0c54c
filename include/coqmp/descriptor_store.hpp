// Where a program keeps descriptors open while it restarts.
#ifndef COQMP_DESCRIPTOR_STORE_HPP
#define COQMP_DESCRIPTOR_STORE_HPP

#include <coqmp/descriptor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace coqmp {

/// A descriptor that an earlier program has put into a store, and its name there.
struct stored_descriptor
{
    std::string name;
    descriptor which;
};

/// Keeps descriptors open while a program restarts, such as systemd's for a service with `FileDescriptorStoreMax=`: see
/// sd_pid_notify_with_fds(3). A supervisor with such a store keeps the connections with the monitors of its machines in it.
///
/// The names that a supervisor uses begin with `coqmp-monitor/` and are made of at most 128 printable ASCII characters other than
/// the colon, so they can be a FDNAME of systemd's.
/// @see supervisor_options::store
struct descriptor_store
{
    descriptor_store() = default;  // not an aggregate, like session_options

    /// Puts a duplicate of a descriptor into the store, under a name that is not in use. The store must not close it when the peer
    /// of the connection ends: systemd needs `FDPOLL=0` for that. It is not an error if the store is full, or if the store does
    /// not keep the descriptor for another reason.
    std::function<void(std::string const& name, descriptor const& which)> keep;

    /// Removes what was put into the store under this name, and closes the store's duplicate. It may be gone already.
    std::function<void(std::string const& name)> drop;

    /// What was in the store when the program started. Those with names of another kind are ignored.
    std::vector<stored_descriptor> content;
};

}  // namespace coqmp

#endif
