// Which arguments name things that only the running QEMU knows.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_SOURCE_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_SOURCE_HPP

#include <coqmp/schema.hpp>

#include <string_view>

namespace qmp_shell {

/// Where values come from that only the running QEMU knows.
enum class completion_source {
    none,
    node_name,       ///< query-named-block-nodes
    block_device,    ///< query-block: `device`
    device_id,       ///< qom-list /machine/peripheral: `id` of eject and the like
    removable_id,    ///< those of which the property hotpluggable is true: `id` of device_del
    bus,             ///< HMP's `info qtree`: those that take the argument `driver`
    bitmap,          ///< query-named-block-nodes: dirty bitmaps of the argument `node`, `device` or `target`
    export_id,       ///< query-block-exports
    file,            ///< the file system, as the shell sees it
    job_id,          ///< query-jobs
    chardev_id,      ///< query-chardev
    netdev_id,       ///< HMP's `info network`: those that are not a NIC
    network_id,      ///< HMP's `info network`
    iothread_id,     ///< query-iothreads
    object_id,       ///< qom-list /objects
    object_type,     ///< qom-list-types implements=user-creatable abstract=false
    qom_path,        ///< qom-list of what stands before the last slash
    qom_property,    ///< qom-list of the argument `path`
    qom_type,        ///< qom-list-types: `driver`, `typename`
    device_driver,   ///< HMP's `info qdm`, or qom-list-types implements=device abstract=false
    device_type,     ///< qom-list-types implements=device abstract=false
    device_property  ///< device-list-properties of the argument `driver`
};

/// @param command the name of the command, or of the action of a transaction
/// @param path the argument, as `node-name` or `options.0.node-name`
/// @param what its type, which may be unknown
[[nodiscard]] completion_source source_of(std::string_view command, std::string_view path, coqmp::schema_type const& what);

}  // namespace qmp_shell

#endif
