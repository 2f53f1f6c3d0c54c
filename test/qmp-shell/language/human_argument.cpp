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
    live wish;
    std::string prefix;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.line;
}

std::vector<sample> samples()
{
    return {{"device_del ", live::removable_id, ""},
            {"device_del h", live::removable_id, "h"},
            {"device_del h ", live::none, ""},
            {"  device_del\th", live::removable_id, "h"},
            {"eject -f c", live::block_device, "c"},
            {"eject -", live::block_device, "-"},
            {"info block d", live::block_device, "d"},
            {"info block -v d", live::block_device, "d"},
            {"info bl", live::none, "bl"},
            {"info", live::none, "info"},
            {"", live::none, ""},
            {"device_del", live::none, "device_del"},
            {"nonsense x", live::none, "x"},
            {"qom-get /machine", live::qom_path, "/machine"},
            {"qom-get /machine/x ty", live::qom_property, "ty"},
            {"snapshot_blkdev d /tm", live::file, "/tm"},
            {"block_job_cancel -f m", live::job_id, "m"},
            {"device_add scsi", live::device_driver, "scsi"},
            {"device_add scsi-hd,", live::device_property, ""},
            {"device_add scsi-hd,dri", live::device_property, "dri"},
            {"device_add scsi-hd,drive=d", live::node_name, "d"},
            {"device_add scsi-hd,drive=disk0,bus=sc", live::bus, "sc"},
            {"device_add driver=scsi-hd,dri", live::device_property, "dri"},
            {"device_add scsi-hd,drive=disk0,id=", live::none, ""},
            {"object_add io", live::object_type, "io"},
            {"netdev_del n", live::netdev_id, "n"},
            {"set_link n", live::network_id, "n"},
            {"device_add scsi-hd,drive=disk0,se", live::device_property, "se"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(human_argument_suite)

BOOST_DATA_TEST_CASE(a_word_names_what_its_command_takes_there, data::make(samples()), sample)
{
    human_argument const found = human_argument_at(sample.line);
    BOOST_TEST((found.wish == sample.wish));
    BOOST_TEST(sample.line.substr(found.begin) == sample.prefix);
}

BOOST_AUTO_TEST_CASE(what_was_typed_before_is_known)
{
    BOOST_TEST(human_argument_at("qom-get /machine/x ty").arguments.at("path") == "/machine/x");
    BOOST_TEST(human_argument_at("device_add driver=scsi-hd,").arguments.at("driver") == "scsi-hd");
    auto const found = human_argument_at("device_add scsi-hd,drive=disk0,lun=0,se").arguments;
    BOOST_TEST(found.at("driver") == "scsi-hd");
    BOOST_TEST(found.contains("drive"));
    BOOST_TEST(found.contains("lun"));
    BOOST_TEST(!found.contains("se"));
}

BOOST_AUTO_TEST_CASE(properties_follow_a_driver_without_a_space)
{
    BOOST_TEST(!human_argument_at("device_add scsi").final);
    BOOST_TEST(human_argument_at("device_del h").final);
}

BOOST_AUTO_TEST_SUITE_END()
