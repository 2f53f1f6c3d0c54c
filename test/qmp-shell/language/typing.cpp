// Values by the types of the schema.
#include "statements.hpp"
#include "support/sample_schema.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;
using coqmp::test::sample_schema;

namespace {

/// `argument=value` of the command `sample`, and what is sent.
std::vector<sample> values()
{
    return {{"text=007", R"("text": "007")"},
            {"text=5", R"("text": "5")"},
            {"text=1e3", R"("text": "1e3")"},
            {"text=true", R"("text": "true")"},
            {"text=null", R"("text": "null")"},
            {"text=", R"("text": "")"},
            {"text=18446744073709551616", R"("text": "18446744073709551616")"},
            {"text=[::1]", R"("text": "[::1]")"},
            {"text=[::1]:5", R"("text": "[::1]:5")"},
            {"text={a b}", R"("text": "{a b}")"},
            {"text=\"a b\"", R"("text": "a b")"},
            {"text:=5", R"("text": 5)"},
            {"count=5", R"("count": 5)"},
            {"count=-5", R"("count": -5)"},
            {"count=+5", R"("count": 5)"},
            {"count=007", R"("count": 7)"},
            {"count=0x10", R"("count": 16)"},
            {"count=0XfF", R"("count": 255)"},
            {"count=-0x10", R"("count": -16)"},
            {"count=10k", R"("count": 10240)"},
            {"count=10K", R"("count": 10240)"},
            {"count=2M", R"("count": 2097152)"},
            {"count=10g", R"("count": 10737418240)"},
            {"count=1p", R"("count": 1125899906842624)"},
            {"count=10G", R"("count": 10737418240)"},
            {"count=1T", R"("count": 1099511627776)"},
            {"count=300m", R"("count": 314572800)"},
            {"count=300MiB", R"("count": 314572800)"},
            {"count=300mib", R"("count": 314572800)"},
            {"count=1KIB", R"("count": 1024)"},
            {"count=1.5G", R"("count": 1610612736)"},
            {"count=1.50GiB", R"("count": 1610612736)"},
            {"count=0.5k", R"("count": 512)"},
            {"count=-1.5K", R"("count": -1536)"},
            {"count=2.0K", R"("count": 2048)"},
            {"count=0.0009765625K", R"("count": 1)"},
            {"count=15.5E", R"("count": 17870283321406128128)"},
            {"count=15E", R"("count": 17293822569102704640)"},
            {"count=18446744073709551615", R"("count": 18446744073709551615)"},
            {"count=9223372036854775808", R"("count": 9223372036854775808)"},
            {"count=-9223372036854775808", R"("count": -9223372036854775808)"},
            {"count=\"5\"", R"("count": "5")"},
            {"count:=\"5\"", R"("count": "5")"},
            {"flag=on", R"("flag": true)"},
            {"flag=off", R"("flag": false)"},
            {"flag=yes", R"("flag": true)"},
            {"flag=no", R"("flag": false)"},
            {"flag=true", R"("flag": true)"},
            {"flag=false", R"("flag": false)"},
            {"flag=True", R"("flag": true)"},
            {"flag=False", R"("flag": false)"},
            {"flag=\"on\"", R"("flag": "on")"},
            {"ratio=1.5", R"("ratio": 1.5)"},
            {"ratio=1", R"("ratio": 1)"},
            {"ratio=-2e3", R"("ratio": -2000.0)"},
            {"nothing=null", R"("nothing": null)"},
            {"nothing=None", R"("nothing": null)"},
            {"anything=5", R"("anything": 5)"},
            {"anything=on", R"("anything": "on")"},
            {"anything.a=1", R"("anything": {"a": 1})"},
            {"anything.0=1", R"("anything": [1])"},
            {"mode=full", R"("mode": "full")"},
            {"mode=none", R"("mode": "none")"},
            {"mode=\"other\"", R"("mode": "other")"},
            {"names=['a', 'b']", R"("names": ["a", "b"])"},
            {"names=[1]", R"("names": [1])"},
            {"names.0=007 names.1=true", R"("names": ["007", "true"])"},
            {"counts.0=1 counts.1=0x2", R"("counts": [1, 2])"},
            {"text-or-null=null", R"("text-or-null": null)"},
            {"text-or-null=\"null\"", R"("text-or-null": "null")"},
            {"text-or-null=5", R"("text-or-null": "5")"},
            {"text-or-null={x}", R"("text-or-null": "{x}")"},
            {"whence=cur", R"("whence": "cur")"},
            {"whence=5", R"("whence": 5)"},
            {"flag-or-text=true", R"("flag-or-text": true)"},
            {"flag-or-text=on", R"("flag-or-text": "on")"},
            {"flag-or-text=x", R"("flag-or-text": "x")"},
            {"flag-or-count=on", R"("flag-or-count": true)"},
            {"flag-or-count=0x5", R"("flag-or-count": 5)"},
            {"names-or-count=5", R"("names-or-count": 5)"},
            {"names-or-count=['a']", R"("names-or-count": ["a"])"},
            {"names-or-count.0=5", R"("names-or-count": ["5"])"},
            {"nested.text=5 nested.count=5", R"("nested": {"text": "5", "count": 5})"},
            {"nested.deeper.deeper.text=5", R"("nested": {"deeper": {"deeper": {"text": "5"}}})"},
            {"nested={'text': 5}", R"("nested": {"text": 5})"},
            {"no-such=5", R"("no-such": 5)"},
            {"nested.no-such=on", R"("nested": {"no-such": "on"})"}};
}

std::vector<sample> unions()
{
    return {
        {"blockdev-add driver=null-co size=5", R"(blockdev-add {"driver": "null-co", "size": 5})"},
        {"blockdev-add size=5 driver=null-co", R"(blockdev-add {"size": 5, "driver": "null-co"})"},
        {"blockdev-add driver=nbd size=5", R"(blockdev-add {"driver": "nbd", "size": "5"})"},
        {"blockdev-add size=5 driver=nbd", R"(blockdev-add {"size": "5", "driver": "nbd"})"},
        {"blockdev-add driver=\"nbd\" size=5", R"(blockdev-add {"driver": "nbd", "size": "5"})"},
        {"blockdev-add read-only=on driver=file filename=5",
         R"(blockdev-add {"read-only": true, "driver": "file", "filename": "5"})"},
        {"blockdev-add driver=qcow2 file=007", R"(blockdev-add {"driver": "qcow2", "file": "007"})"},
        {"blockdev-add driver=qcow2 backing=null", R"(blockdev-add {"driver": "qcow2", "backing": null})"},
        {"blockdev-add driver=qcow2 backing=disk0", R"(blockdev-add {"driver": "qcow2", "backing": "disk0"})"},
        {"blockdev-add driver=qcow2 file.driver=file file.filename=007 file.read-only=off",
         R"(blockdev-add {"driver": "qcow2", "file": {"driver": "file", "filename": "007", "read-only": false}})"},
        {"blockdev-add driver=qcow2 file.filename=007 file.driver=file",
         R"(blockdev-add {"driver": "qcow2", "file": {"filename": "007", "driver": "file"}})"},
        {"blockdev-add driver=qcow2 file.driver=qcow2 file.size=1k file.file.driver=nbd file.file.size=1",
         R"(blockdev-add {"driver": "qcow2", "file": {"driver": "qcow2", "size": 1024, "file": {"driver": "nbd", "size": "1"}}})"},
        {"blockdev-add driver=nbd server.type=inet server.host=1 server.port=2",
         R"(blockdev-add {"driver": "nbd", "server": {"type": "inet", "host": "1", "port": "2"}})"},
        {"blockdev-add driver=nbd server.type=unix server.path=1",
         R"(blockdev-add {"driver": "nbd", "server": {"type": "unix", "path": "1"}})"},
        {"blockdev-add driver=nbd server.type=unix server.host=1",
         R"(blockdev-add {"driver": "nbd", "server": {"type": "unix", "host": 1}})"},
        {"blockdev-add filename=007", R"(blockdev-add {"filename": "007"})"},
        {"blockdev-add size=5", R"(blockdev-add {"size": 5})"},
        {"blockdev-add cache.direct=on cache.no-flush=off", R"(blockdev-add {"cache": {"direct": true, "no-flush": false}})"},
        {"blockdev-reopen options.0.driver=file options.0.filename=5",
         R"(blockdev-reopen {"options": [{"driver": "file", "filename": "5"}]})"},
        {"object-add qom-type=iothread id=5 poll-max-ns=0x10",
         R"(object-add {"qom-type": "iothread", "id": "5", "poll-max-ns": 16})"},
        {"object-add qom-type=secret id=s data=123", R"(object-add {"qom-type": "secret", "id": "s", "data": "123"})"},
        {"qom-set path=/x property=5 value=5", R"(qom-set {"path": "/x", "property": "5", "value": 5})"},
        {"no-such-command id=007 n=5", R"(no-such-command {"id": "007", "n": 5})"},
        {R"({"execute": "sample", "arguments": {"text": 5}})", R"(sample {"text": 5})"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(typing_suite)

BOOST_DATA_TEST_CASE(a_value_is_what_its_argument_wants, data::make(values()), typed)
{
    BOOST_TEST(read_all("sample " + typed.typed, &sample_schema()) == "sample {" + typed.meaning + '}');
}

BOOST_DATA_TEST_CASE(a_union_is_what_its_discriminator_says_wherever_that_stands, data::make(unions()), typed)
{
    BOOST_TEST(read_all(typed.typed, &sample_schema()) == typed.meaning);
}

BOOST_AUTO_TEST_CASE(the_schema_may_change_between_two_lines)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("sample text=5")) == R"(sample {"text": 5})");
    reader.use(&sample_schema());
    BOOST_TEST(in_words(reader.read("sample text=5")) == R"(sample {"text": "5"})");
    coqmp::schema const empty;
    reader.use(&empty);
    BOOST_TEST(in_words(reader.read("sample text=5")) == R"(sample {"text": 5})");
}

BOOST_AUTO_TEST_SUITE_END()
