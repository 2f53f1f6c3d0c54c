// Which arguments name what only QEMU knows.
#include "language/complete/completion_source.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;

namespace {

struct sample
{
    std::string command;
    std::string path;
    live wish;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.command << ' ' << what.path;
}

std::vector<sample> samples()
{
    return {{"blockdev-del", "node-name", live::node_name},
            {"blockdev-add", "node-name", live::none},
            {"blockdev-add", "file.node-name", live::none},
            {"blockdev-reopen", "options.0.node-name", live::node_name},
            {"blockdev-mirror", "device", live::node_name},
            {"blockdev-mirror", "target", live::node_name},
            {"blockdev-mirror", "replaces", live::node_name},
            {"blockdev-mirror", "job-id", live::none},
            {"block-stream", "device", live::node_name},
            {"block-stream", "base-node", live::node_name},
            {"block-commit", "top-node", live::node_name},
            {"blockdev-snapshot", "overlay", live::node_name},
            {"blockdev-snapshot", "node", live::node_name},
            {"blockdev-snapshot-sync", "device", live::block_device},
            {"block_resize", "device", live::block_device},
            {"drive-mirror", "device", live::block_device},
            {"drive-mirror", "target", live::file},
            {"eject", "device", live::block_device},
            {"eject", "id", live::device_id},
            {"blockdev-open-tray", "id", live::device_id},
            {"block-job-cancel", "device", live::job_id},
            {"block-job-change", "id", live::job_id},
            {"job-cancel", "id", live::job_id},
            {"job-finalize", "id", live::job_id},
            {"device_del", "id", live::removable_id},
            {"device_add", "id", live::none},
            {"device_add", "driver", live::device_driver},
            {"device_add", "chardev", live::chardev_id},
            {"device_add", "netdev", live::netdev_id},
            {"device_add", "iothread", live::iothread_id},
            {"device_add", "drive", live::node_name},
            {"device-list-properties", "typename", live::device_type},
            {"qom-list-properties", "typename", live::qom_type},
            {"qom-list-types", "implements", live::qom_type},
            {"object-add", "qom-type", live::object_type},
            {"object-add", "id", live::none},
            {"qom-list", "path", live::qom_path},
            {"qom-get", "property", live::qom_property},
            {"x-query-virtio-status", "path", live::qom_path},
            {"chardev-add", "id", live::none},
            {"chardev-remove", "id", live::chardev_id},
            {"chardev-send-break", "id", live::chardev_id},
            {"netdev_add", "id", live::none},
            {"netdev_del", "id", live::netdev_id},
            {"set_link", "name", live::network_id},
            {"block-export-add", "node-name", live::node_name},
            {"block-export-add", "iothread", live::iothread_id},
            {"nbd-server-add", "device", live::node_name},
            {"x-blockdev-set-iothread", "iothread", live::iothread_id},
            {"device_add", "bus", live::bus},
            {"block-dirty-bitmap-add", "name", live::none},
            {"block-dirty-bitmap-remove", "name", live::bitmap},
            {"block-dirty-bitmap-merge", "target", live::bitmap},
            {"block-dirty-bitmap-merge", "bitmaps.0", live::bitmap},
            {"blockdev-backup", "bitmap", live::bitmap},
            {"blockdev-backup", "target", live::node_name},
            {"block-export-del", "id", live::export_id},
            {"block-export-add", "id", live::none},
            {"blockdev-add", "filename", live::file},
            {"blockdev-add", "file.filename", live::file},
            {"blockdev-snapshot-sync", "snapshot-file", live::file},
            {"migrate", "uri", live::none},
            {"object-del", "id", live::object_id},
            {"stop", "", live::none}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_wish_suite)

BOOST_DATA_TEST_CASE(an_argument_names_something_live, data::make(samples()), sample)
{
    BOOST_TEST((live_wish(sample.command, sample.path, nullptr) == sample.wish));
}

BOOST_AUTO_TEST_CASE(what_takes_no_text_names_nothing)
{
    type number;
    number.kind = kind::integer;
    type text;
    text.kind = kind::string;
    type either;
    either.kind = kind::alternate;
    either.alternatives = {&number};
    BOOST_TEST((live_wish("x", "node-name", &number) == live::none));
    BOOST_TEST((live_wish("x", "node-name", &text) == live::node_name));
    BOOST_TEST((live_wish("x", "node-name", &either) == live::none));
    either.alternatives.push_back(&text);
    BOOST_TEST((live_wish("x", "node-name", &either) == live::node_name));
}

BOOST_AUTO_TEST_SUITE_END()
