// What the words of the human monitor's commands name, by where they stand.
#include "language/complete/hmp_argument.hpp"

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
    std::string line;
    completion_source source;
    std::string prefix;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.line;
}

std::vector<sample> samples()
{
    return {{"device_del ", completion_source::removable_id, ""},
            {"device_del h", completion_source::removable_id, "h"},
            {"device_del h ", completion_source::none, ""},
            {"  device_del\th", completion_source::removable_id, "h"},
            {"eject -f c", completion_source::block_device, "c"},
            {"eject -", completion_source::block_device, "-"},
            {"info block d", completion_source::block_device, "d"},
            {"info block -v d", completion_source::block_device, "d"},
            {"info bl", completion_source::none, "bl"},
            {"info", completion_source::none, "info"},
            {"", completion_source::none, ""},
            {"device_del", completion_source::none, "device_del"},
            {"nonsense x", completion_source::none, "x"},
            {"qom-get /machine", completion_source::qom_path, "/machine"},
            {"qom-get /machine/x ty", completion_source::qom_property, "ty"},
            {"snapshot_blkdev d /tm", completion_source::file, "/tm"},
            {"block_job_cancel -f m", completion_source::job_id, "m"},
            {"device_add scsi", completion_source::device_driver, "scsi"},
            {"device_add scsi-hd,", completion_source::device_property, ""},
            {"device_add scsi-hd,dri", completion_source::device_property, "dri"},
            {"device_add scsi-hd,drive=d", completion_source::node_name, "d"},
            {"device_add scsi-hd,drive=disk0,bus=sc", completion_source::bus, "sc"},
            {"device_add driver=scsi-hd,dri", completion_source::device_property, "dri"},
            {"device_add scsi-hd,drive=disk0,id=", completion_source::none, ""},
            {"object_add io", completion_source::object_type, "io"},
            {"netdev_del n", completion_source::netdev_id, "n"},
            {"set_link n", completion_source::network_id, "n"},
            {"device_add scsi-hd,drive=disk0,se", completion_source::device_property, "se"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(human_argument_suite)

BOOST_DATA_TEST_CASE(a_word_names_what_its_command_takes_there, data::make(samples()), sample)
{
    hmp_argument const found = hmp_argument_at(sample.line);
    BOOST_TEST((found.source == sample.source));
    BOOST_TEST(sample.line.substr(found.begin) == sample.prefix);
}

BOOST_AUTO_TEST_CASE(what_was_typed_before_is_known)
{
    BOOST_TEST(hmp_argument_at("qom-get /machine/x ty").arguments.at("path") == "/machine/x");
    BOOST_TEST(hmp_argument_at("device_add driver=scsi-hd,").arguments.at("driver") == "scsi-hd");
    auto const found = hmp_argument_at("device_add scsi-hd,drive=disk0,lun=0,se").arguments;
    BOOST_TEST(found.at("driver") == "scsi-hd");
    BOOST_TEST(found.contains("drive"));
    BOOST_TEST(found.contains("lun"));
    BOOST_TEST(!found.contains("se"));
}

BOOST_AUTO_TEST_CASE(properties_follow_a_driver_without_a_space)
{
    BOOST_TEST(!hmp_argument_at("device_add scsi").final);
    BOOST_TEST(hmp_argument_at("device_del h").final);
}

BOOST_AUTO_TEST_SUITE_END()
