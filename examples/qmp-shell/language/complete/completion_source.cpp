// The schema says `string` of a node's name and of a password: only the names of arguments distinguish them.
#include "language/complete/completion_source.hpp"

#include <algorithm>
#include <array>

namespace qmp_shell {

using coqmp::schema_kind;
using coqmp::schema_type;

namespace {

struct rule
{
    std::string_view command;  ///< `block-job-*`: all that begin so; empty: all
    std::string_view member;
    completion_source source;
};

/// The first that fits counts. `none` is for names of things that are to be made.
constexpr std::array rules = {
    rule{"device_add", "driver", completion_source::device_driver},
    rule{"device_add", "drive", completion_source::node_name},
    rule{"device_add", "bus", completion_source::bus},
    rule{"device_add", "failover_pair_id", completion_source::device_id},
    rule{"device_del", "id", completion_source::removable_id},
    rule{"device-sync-config", "id", completion_source::device_id},
    rule{"device-list-properties", "typename", completion_source::device_type},
    rule{"qom-list-properties", "typename", completion_source::qom_type},
    rule{"qom-list-types", "implements", completion_source::qom_type},
    rule{"object-add", "qom-type", completion_source::object_type},
    rule{"object-del", "id", completion_source::object_id},
    rule{"qom-*", "path", completion_source::qom_path},
    rule{"qom-*", "property", completion_source::qom_property},
    rule{"x-query-virtio-*", "path", completion_source::qom_path},
    rule{"job-*", "id", completion_source::job_id},
    rule{"block-job-*", "device", completion_source::job_id},
    rule{"block-job-*", "id", completion_source::job_id},
    rule{"chardev-add", "id", completion_source::none},
    rule{"chardev-*", "id", completion_source::chardev_id},
    rule{"ringbuf-*", "device", completion_source::chardev_id},
    rule{"netdev_del", "id", completion_source::netdev_id},
    rule{"set_link", "name", completion_source::network_id},
    rule{"query-rx-filter", "name", completion_source::network_id},
    rule{"announce-self", "id", completion_source::none},
    rule{"blockdev-add", "node-name", completion_source::none},
    rule{"blockdev-*", "id", completion_source::device_id},
    rule{"eject", "id", completion_source::device_id},
    rule{"block_set_io_throttle", "id", completion_source::device_id},
    rule{"block-latency-histogram-set", "id", completion_source::device_id},
    rule{"blockdev-mirror", "device", completion_source::node_name},
    rule{"blockdev-mirror", "target", completion_source::node_name},
    rule{"blockdev-backup", "device", completion_source::node_name},
    rule{"blockdev-backup", "target", completion_source::node_name},
    rule{"drive-mirror", "target", completion_source::file},
    rule{"drive-backup", "target", completion_source::file},
    rule{"block-dirty-bitmap-add", "name", completion_source::none},
    rule{"block-dirty-bitmap-*", "name", completion_source::bitmap},
    rule{"block-dirty-bitmap-merge", "target", completion_source::bitmap},
    rule{"block-dirty-bitmap-merge", "bitmaps", completion_source::bitmap},
    rule{"x-debug-block-dirty-bitmap-sha256", "name", completion_source::bitmap},
    rule{"block-export-del", "id", completion_source::export_id},
    rule{"block-stream", "device", completion_source::node_name},
    rule{"block-commit", "device", completion_source::node_name},
    rule{"nbd-server-add", "device", completion_source::node_name},
    rule{"snapshot-*", "vmstate", completion_source::node_name},
    rule{"snapshot-*", "devices", completion_source::node_name},
    rule{"x-blockdev-change", "parent", completion_source::node_name},
    rule{"block*", "device", completion_source::block_device},
    rule{"drive-*", "device", completion_source::block_device},
    rule{"change-backing-file", "device", completion_source::block_device},
    rule{"eject", "device", completion_source::block_device},
    rule{"", "node-name", completion_source::node_name},
    rule{"", "image-node-name", completion_source::node_name},
    rule{"", "node", completion_source::node_name},
    rule{"", "base-node", completion_source::node_name},
    rule{"", "top-node", completion_source::node_name},
    rule{"", "overlay", completion_source::node_name},
    rule{"", "replaces", completion_source::node_name},
    rule{"", "iothread", completion_source::iothread_id},
    rule{"", "chardev", completion_source::chardev_id},
    rule{"", "netdev", completion_source::netdev_id},
    rule{"", "bitmap", completion_source::bitmap},
    rule{"", "filename", completion_source::file},
    rule{"", "snapshot-file", completion_source::file},
    rule{"", "backing-file", completion_source::file},
    rule{"", "mem-path", completion_source::file},
    rule{"", "logfile", completion_source::file},
    rule{"", "path", completion_source::file},
    rule{"object-add", "file", completion_source::file},
    rule{"object-add", "dir", completion_source::file},
    rule{"chardev-*", "in", completion_source::file},
    rule{"chardev-*", "out", completion_source::file},
};

/// The name of a member; of an array's item, the name of the array.
std::string_view last_name(std::string_view path)
{
    for (;;) {
        std::size_t const dot = path.rfind('.');
        std::string_view const last = dot == std::string_view::npos ? path : path.substr(dot + 1);
        if (dot == std::string_view::npos || last.find_first_not_of("0123456789") != std::string_view::npos)
            return last;
        path = path.substr(0, dot);
    }
}

bool fits(rule const& each, std::string_view command, std::string_view name)
{
    if (each.member != name)
        return false;
    if (each.command.ends_with('*'))
        return command.starts_with(each.command.substr(0, each.command.size() - 1));
    return each.command.empty() || each.command == command;
}

bool takes_text(schema_type const& what)
{
    return what.kind() == schema_kind::any || what.as(schema_kind::string);
}

/// A block device, described in place or by its name: `file=` and `backing=` of blockdev-add.
bool is_block_reference(schema_type const& what)
{
    return what.kind() == schema_kind::alternate && what.as(schema_kind::object).tag() == "driver";
}

}  // namespace

completion_source source_of(std::string_view command, std::string_view path, schema_type const& what)
{
    if (!takes_text(what))
        return completion_source::none;
    std::string_view const name = last_name(path);
    auto const found = std::find_if(rules.begin(), rules.end(), [&](rule const& each) { return fits(each, command, name); });
    if (found != rules.end())
        return found->source;
    return is_block_reference(what) ? completion_source::node_name : completion_source::none;
}

}  // namespace qmp_shell
