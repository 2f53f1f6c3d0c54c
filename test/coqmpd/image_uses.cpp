// Which images a QEMU's command line opens, and how.
#include "images/image_identity.hpp"
#include "images/image_use.hpp"
#include "images/qemu_arguments.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace coqmpd;

namespace {

/// `a.img written, b.img read, c.img shared`
std::string uses(std::vector<std::string> const& arguments)
{
    std::string result;
    for (image_use const& each : find_image_uses(arguments))
        result.append(result.empty() ? "" : ", ")
            .append(each.file)
            .append(!each.is_written ? " read"
                    : each.is_shared ? " shared"
                                     : " written")
            .append(each.is_local ? "" : " remotely");
    return result.empty() ? "none" : result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(image_uses, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(short_options_name_images)
{
    BOOST_TEST(uses({}) == "none");
    BOOST_TEST(uses({"-m", "512", "-hda", "a.img", "--hdb", "b.img", "-cdrom", "c.iso", "-fda", "f"}) ==
               "a.img written, b.img written, c.iso read, f written");
    BOOST_TEST(uses({"-nodefaults", "a.img"}) == "a.img written");
    BOOST_TEST(uses({"-name", "a.img"}) == "none");
    BOOST_TEST(uses({"-hda"}) == "none");
}

BOOST_AUTO_TEST_CASE(a_drive_names_an_image)
{
    BOOST_TEST(uses({"-drive", "if=none,id=d,file=a.img,format=raw"}) == "a.img written");
    BOOST_TEST(uses({"-drive", "file=a,,b.img"}) == "a,b.img written");
    BOOST_TEST(uses({"-drive", "file=a.img,readonly=on"}) == "a.img read");
    BOOST_TEST(uses({"-drive", "file=a.img,readonly"}) == "a.img read");
    BOOST_TEST(uses({"-drive", "file=a.img,read-only=yes"}) == "a.img read");
    BOOST_TEST(uses({"-drive", "file=a.img,readonly=off"}) == "a.img written");
    BOOST_TEST(uses({"-drive", "file=a.iso,media=cdrom"}) == "a.iso read");
    BOOST_TEST(uses({"-drive", "file=a.img,media=disk"}) == "a.img written");
    BOOST_TEST(uses({"-drive", "driver=qcow2,file.driver=file,file.filename=a.img"}) == "a.img written");
    BOOST_TEST(uses({"-drive", "file.filename=a.img,file.locking=off"}) == "a.img shared");
    BOOST_TEST(uses({"-drive", "file=a.img,file.locking=off"}) == "a.img shared");
    BOOST_TEST(uses({"-drive", "file=file:/a:b.img"}) == "/a:b.img written");
    BOOST_TEST(uses({"-drive", "if=ide,media=cdrom"}) == "none");
    BOOST_TEST(uses({"-drive", "file=/dev/fdset/1"}) == "none");
    BOOST_TEST(uses({"-drive", "file=null-co://"}) == "none");
}

BOOST_AUTO_TEST_CASE(the_base_of_an_image_is_only_read)
{
    BOOST_TEST(uses({"-drive", "file=a.img,backing.file.filename=base.img"}) == "a.img written, base.img read");
    BOOST_TEST(uses({"-blockdev", R"({"driver":"qcow2","file":{"driver":"file","filename":"a"},"backing":{"driver":"file",)"
                                  R"("filename":"base"}})"}) == "a written, base read");
}

BOOST_AUTO_TEST_CASE(a_snapshot_only_reads)
{
    BOOST_TEST(uses({"-drive", "file=a.img,snapshot=on"}) == "a.img read");
    BOOST_TEST(uses({"-hda", "a.img", "-drive", "file=b.img", "c.img", "-snapshot"}) == "a.img read, b.img read, c.img read");
    BOOST_TEST(uses({"-snapshot", "-drive", "file=a.img,snapshot=off"}) == "a.img written");
    // -snapshot is for drives only.
    BOOST_TEST(uses({"-snapshot", "-blockdev", "driver=file,filename=a.img,node-name=n"}) == "a.img written");
    BOOST_TEST(uses({"-name", "-snapshot", "-hda", "a.img"}) == "a.img written");
}

BOOST_AUTO_TEST_CASE(a_blockdev_names_an_image)
{
    BOOST_TEST(uses({"-blockdev", "driver=file,filename=a.img,node-name=n"}) == "a.img written");
    BOOST_TEST(uses({"-blockdev", "driver=file,filename=a.img,node-name=n,read-only=on"}) == "a.img read");
    BOOST_TEST(uses({"-blockdev", "driver=qcow2,read-only=on,file.driver=file,file.filename=a.img,node-name=n"}) == "a.img read");
    BOOST_TEST(uses({"-blockdev", "driver=host_device,filename=/dev/sdx,node-name=n"}) == "/dev/sdx written");
    BOOST_TEST(uses({"-blockdev", "driver=host_cdrom,filename=/dev/sr0,node-name=n"}) == "/dev/sr0 read");
    BOOST_TEST(uses({"-blockdev", R"({"driver":"file","filename":"json:a","node-name":"n","locking":"off"})"}) ==
               "json:a shared");
    BOOST_TEST(uses({"-blockdev", R"({"driver":"file","filename":"nbd:a","read-only":true})"}) == "nbd:a read");
    BOOST_TEST(uses({"-blockdev", "{not JSON"}) == "none");
    BOOST_TEST(uses({"-blockdev", "driver=ssh,host=h,path=/a"}) == "none");
}

BOOST_AUTO_TEST_CASE(a_node_may_refer_to_another_one)
{
    std::vector<std::string> const file = {"-blockdev", "driver=file,filename=a.img,node-name=f"};
    auto const with = [&file](std::vector<std::string> more) {
        more.insert(more.begin(), file.begin(), file.end());
        return uses(more);
    };
    BOOST_TEST(with({"-blockdev", "driver=qcow2,file=f,node-name=q"}) == "a.img written");
    BOOST_TEST(with({"-blockdev", "driver=qcow2,file=f,node-name=q,read-only=on"}) == "a.img read");
    BOOST_TEST(with({"-blockdev", "driver=raw,file=f,node-name=r,read-only=on", "-blockdev", "driver=raw,file=f,node-name=s"}) ==
               "a.img written");
    BOOST_TEST(
        with({"-blockdev", R"({"driver":"qcow2","node-name":"q","backing":"f","file":{"driver":"file","filename":"b"}})"}) ==
        "a.img read, b written");
    BOOST_TEST(with({"-blockdev", R"({"driver":"quorum","node-name":"q","children":["f"],"read-only":true})"}) == "a.img read");
    // A circle is QEMU's to report.
    BOOST_TEST(uses({"-blockdev", "driver=raw,file=x,node-name=x"}) == "none");
}

BOOST_AUTO_TEST_CASE(a_device_may_share_its_disk)
{
    BOOST_TEST(uses({"-drive", "if=none,id=d,file=a.img", "-device", "virtio-blk,drive=d,share-rw=on"}) == "a.img shared");
    BOOST_TEST(uses({"-drive", "if=none,id=d,file=a.img", "-device", R"({"driver":"scsi-hd","drive":"d","share-rw":true})"}) ==
               "a.img shared");
    BOOST_TEST(uses({"-drive", "if=none,id=d,file=a.img", "-device", "virtio-blk,drive=e,share-rw=on"}) == "a.img written");
    BOOST_TEST(uses({"-blockdev", "driver=file,filename=a,node-name=f", "-blockdev", "driver=raw,file=f,node-name=r", "-device",
                     "scsi-hd,drive=r,share-rw=on"}) == "a shared");
}

BOOST_AUTO_TEST_CASE(json_may_stand_for_a_file_name)
{
    std::string const name = R"(json:{"driver":"qcow2",,"file":{"driver":"file",,"filename":"a.img"}})";
    BOOST_TEST(uses({"-drive", "if=none,file=" + name}) == "a.img written");
    BOOST_TEST(uses({"-drive", "readonly=on,file=" + name}) == "a.img read");
    BOOST_TEST(uses({"-hda", R"(json:{"driver":"raw","read-only":true,"file":{"driver":"file","filename":"a.img"}})"}) ==
               "a.img read");
    BOOST_TEST(uses({"-hda", "json:{broken"}) == "none");
}

BOOST_AUTO_TEST_CASE(a_remote_image_is_known_by_its_address)
{
    BOOST_TEST(uses({"-drive", "file=rbd:pool/a"}) == "rbd:pool/a written remotely");
    BOOST_TEST(uses({"-cdrom", "https://example.org/a.iso"}) == "https://example.org/a.iso read remotely");
    BOOST_TEST(uses({"-hda", "http://example.org/a.img"}) == "http://example.org/a.img read remotely");
    BOOST_TEST(uses({"-hda", "fat:/a", "-hdb", "fat:rw:/b"}) == "fat:/a read remotely, fat:rw:/b written remotely");
}

BOOST_AUTO_TEST_CASE(deep_options_are_read_to_a_limit)
{
    std::string key;
    for (int depth = 0; depth < 10'000; ++depth)
        key += "file.";
    BOOST_TEST(uses({"-drive", key + "filename=a.img"}) == "none");
}

BOOST_AUTO_TEST_CASE(an_image_is_the_same_under_all_its_names)
{
    coqmp::test::temporary_directory const directory;
    auto const path = [&directory](char const* name) { return (directory.path() / name).native(); };
    std::ofstream(path("a.img")) << "disk";
    std::ofstream(path("other.img")) << "disk";
    std::filesystem::create_symlink("a.img", path("link"));
    std::filesystem::create_hard_link(path("a.img"), path("hard"));
    auto const identity = [&directory](std::string const& name) {
        image_use use;
        use.file = name;
        return identify_image(use, directory.path().native());
    };
    std::string const expected = identity(path("a.img"));
    for (char const* const each : {"a.img", "./a.img", "link", "hard"})
        BOOST_TEST(identity(each) == expected, each);
    BOOST_TEST(identity("other.img") != expected);
    BOOST_TEST(identity("new.img") == identity(path("new.img")));
    BOOST_TEST(identity("new.img") != identity("newer.img"));
}

BOOST_AUTO_TEST_SUITE_END()
