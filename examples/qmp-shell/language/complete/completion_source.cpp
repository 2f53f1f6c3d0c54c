// The schema says `string` of a node's name and of a password: only the names of arguments distinguish them.
#include "language/complete/completion_source.hpp"

#include <algorithm>
#include <array>

namespace qmp_shell {

namespace {

struct rule
{
    std::string_view command;  ///< `block-job-*`: all that begin so; empty: all
    std::string_view member;
    live wish;
};

/// The first that fits counts. `none` is for names of things that are to be made.
constexpr std::array rules = {
    rule{"device_add", "driver", live::device_driver},
    rule{"device_add", "drive", live::node_name},
    rule{"device_add", "bus", live::bus},
    rule{"device_add", "failover_pair_id", live::device_id},
    rule{"device_del", "id", live::removable_id},
    rule{"device-sync-config", "id", live::device_id},
    rule{"device-list-properties", "typename", live::device_type},
    rule{"qom-list-properties", "typename", live::qom_type},
    rule{"qom-list-types", "implements", live::qom_type},
    rule{"object-add", "qom-type", live::object_type},
    rule{"object-del", "id", live::object_id},
    rule{"qom-*", "path", live::qom_path},
    rule{"qom-*", "property", live::qom_property},
    rule{"x-query-virtio-*", "path", live::qom_path},
    rule{"job-*", "id", live::job_id},
    rule{"block-job-*", "device", live::job_id},
    rule{"block-job-*", "id", live::job_id},
    rule{"chardev-add", "id", live::none},
    rule{"chardev-*", "id", live::chardev_id},
    rule{"ringbuf-*", "device", live::chardev_id},
    rule{"netdev_del", "id", live::netdev_id},
    rule{"set_link", "name", live::network_id},
    rule{"query-rx-filter", "name", live::network_id},
    rule{"announce-self", "id", live::none},
    rule{"blockdev-add", "node-name", live::none},
    rule{"blockdev-*", "id", live::device_id},
    rule{"eject", "id", live::device_id},
    rule{"block_set_io_throttle", "id", live::device_id},
    rule{"block-latency-histogram-set", "id", live::device_id},
    rule{"blockdev-mirror", "device", live::node_name},
    rule{"blockdev-mirror", "target", live::node_name},
    rule{"blockdev-backup", "device", live::node_name},
    rule{"blockdev-backup", "target", live::node_name},
    rule{"drive-mirror", "target", live::file},
    rule{"drive-backup", "target", live::file},
    rule{"block-dirty-bitmap-add", "name", live::none},
    rule{"block-dirty-bitmap-*", "name", live::bitmap},
    rule{"block-dirty-bitmap-merge", "target", live::bitmap},
    rule{"block-dirty-bitmap-merge", "bitmaps", live::bitmap},
    rule{"x-debug-block-dirty-bitmap-sha256", "name", live::bitmap},
    rule{"block-export-del", "id", live::export_id},
    rule{"block-stream", "device", live::node_name},
    rule{"block-commit", "device", live::node_name},
    rule{"nbd-server-add", "device", live::node_name},
    rule{"snapshot-*", "vmstate", live::node_name},
    rule{"snapshot-*", "devices", live::node_name},
    rule{"x-blockdev-change", "parent", live::node_name},
    rule{"block*", "device", live::block_device},
    rule{"drive-*", "device", live::block_device},
    rule{"change-backing-file", "device", live::block_device},
    rule{"eject", "device", live::block_device},
    rule{"", "node-name", live::node_name},
    rule{"", "image-node-name", live::node_name},
    rule{"", "node", live::node_name},
    rule{"", "base-node", live::node_name},
    rule{"", "top-node", live::node_name},
    rule{"", "overlay", live::node_name},
    rule{"", "replaces", live::node_name},
    rule{"", "iothread", live::iothread_id},
    rule{"", "chardev", live::chardev_id},
    rule{"", "netdev", live::netdev_id},
    rule{"", "bitmap", live::bitmap},
    rule{"", "filename", live::file},
    rule{"", "snapshot-file", live::file},
    rule{"", "backing-file", live::file},
    rule{"", "mem-path", live::file},
    rule{"", "logfile", live::file},
    rule{"", "path", live::file},
    rule{"object-add", "file", live::file},
    rule{"object-add", "dir", live::file},
    rule{"chardev-*", "in", live::file},
    rule{"chardev-*", "out", live::file},
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

bool takes_text(type const& what)
{
    if (what.kind == kind::alternate)
        return std::any_of(what.alternatives.begin(), what.alternatives.end(),
                           [](type const* each) { return each->kind == kind::string; });
    return what.kind == kind::string || what.kind == kind::any;
}

/// A block device, described in place or by its name: `file=` and `backing=` of blockdev-add.
bool is_block_reference(type const& what)
{
    return std::any_of(what.alternatives.begin(), what.alternatives.end(),
                       [](type const* each) { return each->kind == kind::object && each->discriminator == "driver"; });
}

}  // namespace

live live_wish(std::string_view command, std::string_view path, type const* what)
{
    if (what != nullptr && !takes_text(*what))
        return live::none;
    std::string_view const name = last_name(path);
    auto const found = std::find_if(rules.begin(), rules.end(), [&](rule const& each) { return fits(each, command, name); });
    if (found != rules.end())
        return found->wish;
    return what != nullptr && is_block_reference(*what) ? live::node_name : live::none;
}

}  // namespace qmp_shell
