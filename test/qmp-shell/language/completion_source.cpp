// Which arguments name what only QEMU knows.
#include "language/complete/completion_source.hpp"

#include "support/sample_schema.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;

namespace {

struct sample
{
    std::string command;
    std::string path;
    completion_source source;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.command << ' ' << what.path;
}

std::vector<sample> samples()
{
    return {{"blockdev-del", "node-name", completion_source::node_name},
            {"blockdev-add", "node-name", completion_source::none},
            {"blockdev-add", "file.node-name", completion_source::none},
            {"blockdev-reopen", "options.0.node-name", completion_source::node_name},
            {"blockdev-mirror", "device", completion_source::node_name},
            {"blockdev-mirror", "target", completion_source::node_name},
            {"blockdev-mirror", "replaces", completion_source::node_name},
            {"blockdev-mirror", "job-id", completion_source::none},
            {"block-stream", "device", completion_source::node_name},
            {"block-stream", "base-node", completion_source::node_name},
            {"block-commit", "top-node", completion_source::node_name},
            {"blockdev-snapshot", "overlay", completion_source::node_name},
            {"blockdev-snapshot", "node", completion_source::node_name},
            {"blockdev-snapshot-sync", "device", completion_source::block_device},
            {"block_resize", "device", completion_source::block_device},
            {"drive-mirror", "device", completion_source::block_device},
            {"drive-mirror", "target", completion_source::file},
            {"eject", "device", completion_source::block_device},
            {"eject", "id", completion_source::device_id},
            {"blockdev-open-tray", "id", completion_source::device_id},
            {"block-job-cancel", "device", completion_source::job_id},
            {"block-job-change", "id", completion_source::job_id},
            {"job-cancel", "id", completion_source::job_id},
            {"job-finalize", "id", completion_source::job_id},
            {"device_del", "id", completion_source::removable_id},
            {"device_add", "id", completion_source::none},
            {"device_add", "driver", completion_source::device_driver},
            {"device_add", "chardev", completion_source::chardev_id},
            {"device_add", "netdev", completion_source::netdev_id},
            {"device_add", "iothread", completion_source::iothread_id},
            {"device_add", "drive", completion_source::node_name},
            {"device-list-properties", "typename", completion_source::device_type},
            {"qom-list-properties", "typename", completion_source::qom_type},
            {"qom-list-types", "implements", completion_source::qom_type},
            {"object-add", "qom-type", completion_source::object_type},
            {"object-add", "id", completion_source::none},
            {"qom-list", "path", completion_source::qom_path},
            {"qom-get", "property", completion_source::qom_property},
            {"x-query-virtio-status", "path", completion_source::qom_path},
            {"chardev-add", "id", completion_source::none},
            {"chardev-remove", "id", completion_source::chardev_id},
            {"chardev-send-break", "id", completion_source::chardev_id},
            {"netdev_add", "id", completion_source::none},
            {"netdev_del", "id", completion_source::netdev_id},
            {"set_link", "name", completion_source::network_id},
            {"block-export-add", "node-name", completion_source::node_name},
            {"block-export-add", "iothread", completion_source::iothread_id},
            {"nbd-server-add", "device", completion_source::node_name},
            {"x-blockdev-set-iothread", "iothread", completion_source::iothread_id},
            {"device_add", "bus", completion_source::bus},
            {"block-dirty-bitmap-add", "name", completion_source::none},
            {"block-dirty-bitmap-remove", "name", completion_source::bitmap},
            {"block-dirty-bitmap-merge", "target", completion_source::bitmap},
            {"block-dirty-bitmap-merge", "bitmaps.0", completion_source::bitmap},
            {"blockdev-backup", "bitmap", completion_source::bitmap},
            {"blockdev-backup", "target", completion_source::node_name},
            {"block-export-del", "id", completion_source::export_id},
            {"block-export-add", "id", completion_source::none},
            {"blockdev-add", "filename", completion_source::file},
            {"blockdev-add", "file.filename", completion_source::file},
            {"blockdev-snapshot-sync", "snapshot-file", completion_source::file},
            {"migrate", "uri", completion_source::none},
            {"object-del", "id", completion_source::object_id},
            {"stop", "", completion_source::none}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_wish_suite)

BOOST_DATA_TEST_CASE(an_argument_names_something_live, data::make(samples()), sample)
{
    BOOST_TEST((source_of(sample.command, sample.path, coqmp::schema_type()) == sample.source));
}

BOOST_AUTO_TEST_CASE(what_takes_no_text_names_nothing)
{
    auto const source = [](std::string_view argument) {
        auto const arguments = coqmp::test::sample_schema().find_command("sample")->arguments();
        return source_of("x", "node-name", arguments.find_members(argument).at(0).type());
    };
    BOOST_TEST((source("count") == completion_source::none));
    BOOST_TEST((source("text") == completion_source::node_name));
    BOOST_TEST((source("anything") == completion_source::node_name));
    BOOST_TEST((source("flag-or-count") == completion_source::none));
    BOOST_TEST((source("flag-or-text") == completion_source::node_name));
}

BOOST_AUTO_TEST_SUITE_END()
