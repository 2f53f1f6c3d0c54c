// What is said of an argument that QEMU has refused.
#include "language/explain/argument_hint.hpp"

#include "support/sample_schema.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell;
using coqmp::test::sample_schema;

namespace {

struct sample
{
    std::string typed;
    std::string refusal;
    std::string hint;  ///< `name ^column suggestion ...`
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.typed;
}

std::string in_words(std::optional<argument_hint> const& hint)
{
    if (!hint)
        return "nothing";
    std::string result = hint->name;
    if (hint->where)
        result += " ^" + (hint->where->line > 0 ? "line " + std::to_string(hint->where->line) + ' ' : "") +
                  std::to_string(hint->where->column);
    for (std::string const& each : hint->suggestions)
        result += ' ' + each;
    return result;
}

typed_command typed(std::string_view lines)
{
    line_reader reader;
    reader.use(&sample_schema());
    for (;;) {
        std::size_t const end = lines.find('\n');
        statement read = reader.read(lines.substr(0, end));
        if (auto* const command = std::get_if<typed_command>(&read))
            return std::move(*command);
        BOOST_TEST_REQUIRE(end != std::string_view::npos);
        lines.remove_prefix(end + 1);
    }
}

std::vector<sample> refusals()
{
    return {{"block_resize siez=1 size=1", "Parameter 'siez' is unexpected", "siez ^13"},  // `size` is there already
            {"block_resize devcie=a size=1", "Parameter 'devcie' is unexpected", "devcie ^13 device"},
            {"block_resize size=1 nodename=a", "Parameter 'nodename' is unexpected", "nodename ^20 node-name"},
            {"block_resize siez=1", "Parameter 'size' is missing", "siez ^13 size"},
            {"block_resize device=a", "Parameter 'size' is missing", "nothing"},
            {"block_resize colour=a", "Parameter 'size' is missing", "nothing"},
            {"block_resize colour=a size=1", "Parameter 'colour' is unexpected", "colour ^13"},
            {"blockdev-add siez=1", "Parameter 'driver' is missing", "nothing"},
            {"blockdev-add driver=null-co siez=1", "Parameter 'siez' is unexpected", "siez ^28 size"},
            // The chosen variant has no such member.
            {"blockdev-add driver=file siez=1", "Parameter 'siez' is unexpected", "siez ^25"},
            {"blockdev-add driver=qcow2 file.driver=null-co file.siez=1", "Parameter 'file.siez' is unexpected",
             "file.siez ^51 size"},
            {"blockdev-add driver=qcow2 fiel.driver=null-co", "Parameter 'file' is missing", "fiel ^26 file"},
            {"blockdev-add driver=qcow2 file={'driver':'file','filnam':'a'}", "Parameter 'file.filename' is missing",
             "file.filnam ^48 filename"},
            {"blockdev-add driver=qcow2 file={'driver':'file'}", "Parameter 'file.filename' is missing", "file.filename ^26"},
            {"blockdev-add {'driver':'null-co','siez':1}", "Parameter 'siez' is unexpected", "siez ^33 size"},
            {"blockdev-reopen options=[{'driver':'null-co'},{'driver':'null-co','siez':1}]",
             "Parameter 'options[1].siez' is unexpected", "options[1].siez ^66 size"},
            {"blockdev-reopen options.0.driver=null-co options.0.siez=1", "Parameter 'options[0].siez' is unexpected",
             "options[0].siez ^51 size"},
            {"transaction( abort ; bitmap-add nodee=a name=b )", "Parameter 'actions[1].data.node' is missing",
             "actions[1].data.nodee ^32 node"},
            {"transaction(\nbitmap-add name={\n'a': 1} nodee=a\n# a comment\nabort\n)",
             "Parameter 'actions[0].data.nodee' is unexpected", "actions[0].data.nodee ^line 2 8 node"},
            {"transaction(\nabort\nbitmap-add name=b\n)", "Parameter 'actions[1].data.node' is missing",
             "actions[1].data.node ^line 2 0"},
            {"transaction( abort\n:help\n{'type':'bitmap-add','data':{'nodee':'a','name':'b'}} )",
             "Parameter 'actions[1].data.nodee' is unexpected", "actions[1].data.nodee ^line 2 29 node"},
            {"{\"execute\": \"block_resize\", \"arguments\": {\"siez\": 5}}", "Parameter 'size' is missing", "siez ^42 size"},
            {"block_resize size=1 devcie={\n'a': 1}", "Parameter 'devcie' is unexpected", "devcie ^20 device"},
            {"block_resize size=1 devcie=a", "Device 'a' not found", "nothing"},
            {"block_resize size=1 devcie=a", "Parameter 'actions[9].x.y' is unexpected", "actions[9].x.y"},
            {"block_resize size=1 devcie=a", "Parameter '' is unexpected", "nothing"},
            {"block_resize size=1 devcie=a", "Parameter '[.]' is unexpected", "[.]"},
            {"no-such size=1", "Parameter 'size' is unexpected", "nothing"}};
}

std::vector<sample> refused_values()
{
    std::string const no_word = "Parameter 'driver' does not accept value 'fiel'";
    return {{"blockdev-add {'driver':'fiel','node-name':'a'}", no_word, "driver ^14 file"},
            {"blockdev-add driver=qcow2 file={'driver':'fiel'}", no_word, "file.driver ^32 file"},
            {"blockdev-add driver=qcow2 file={\n'driver':\n'fiel'}", no_word, "file.driver ^line 1 0 file"},
            {"blockdev-add driver=qcow2 file=nosuch", "Cannot find device='' nor node-name='nosuch'", "file ^26"},
            {"blockdev-add driver=qcow2 file=nosuch", "Cannot find device=nosuch nor node_name=nosuch", "file ^26"},
            {"blockdev-add driver=qcow2 file=nosuch", "Can't find it (\"nosuch\")", "file ^26"},
            {"blockdev-add driver=qcow2 file=nosuch", "Can't find nosuch, it's gone", "nothing"},
            {"blockdev-add {'driver':'null-co','size':true}", "Invalid parameter type for 'size', expected: integer", "size ^33"},
            // A name is not at fault because it is quoted.
            {"chardev-add id=c backend.type=file backend.data.out=/x", "Failed to add chardev 'c': Could not open '/x': gone",
             "backend.data.out ^48"},
            {"chardev-add id=c backend.type=socket", "Failed to add chardev 'c': Failed to connect to 'h:1': gone", "nothing"},
            {"chardev-add id=c backend.type=null", "Chardev with id 'c' already exists", "id ^12"},
            {"qom-set path=/a property=size value=x", "Invalid parameter type for 'size', expected: integer", "value ^30"},
            {"qom-set path=/a property=size value=x", "Parameter 'size' does not accept value 'x'", "value ^30"},
            {"qom-set path=/a property=size value={'b':1}", "Invalid parameter type for 'size', expected: integer", "value ^30"},
            {"qom-set path=/a property=path value=x", "Parameter 'path' does not accept value 'x'", "value ^30"},
            {"qom-set path=/a property=size value=x", "Property 'b.size' is not writable", "nothing"},
            {"x text=count count=abc", "Invalid parameter type for 'count', expected: integer", "count ^13"},
            // Nothing else can be meant, or one of several.
            {"blockdev-add {'driver':'fiel'}", no_word, "driver file"},
            {"blockdev-add driver=qcow2 file=a node-name=a", "Node 'a' is in use", "nothing"},
            {"blockdev-add driver=qcow2 file=a", "Node 'qcow2' and 'a'", "nothing"},
            {"blockdev-add driver=qcow2 file=a", "Node 'b' is in use", "nothing"},
            {"blockdev-add driver=qcow2 file=a", "", "nothing"},
            {"blockdev-add driver=qcow2 file=a", "'", "nothing"},
            {"blockdev-add driver=qcow2 file=a", "=", "nothing"},
            {"transaction(\nabort\nbitmap-add node=nosuch name=b\n)", "Cannot find node-name='nosuch'",
             "actions[1].data.node ^line 2 11"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(argument_hint_suite)

BOOST_DATA_TEST_CASE(names_the_value_that_was_refused_and_where, data::make(refused_values()), refused)
{
    typed_command const said = typed(refused.typed);
    auto const entry = sample_schema().find_command(said.name);
    coqmp::schema_type const arguments = entry ? entry->arguments() : coqmp::schema_type();
    BOOST_TEST(in_words(hint_at_value(said, arguments, refused.refusal)) == refused.hint);
}

BOOST_DATA_TEST_CASE(names_what_may_have_been_meant_and_where, data::make(refusals()), refused)
{
    typed_command const said = typed(refused.typed);
    auto const entry = sample_schema().find_command(said.name);
    coqmp::schema_type const arguments = entry ? entry->arguments() : coqmp::schema_type();
    BOOST_TEST(in_words(hint_at_argument(said, arguments, refused.refusal)) == refused.hint);
}

BOOST_AUTO_TEST_CASE(knows_the_properties_of_a_device)
{
    json::value const properties = json::parse(R"([{"name": "serial"}, {"name": "drive"}, 5, {"name": 5}])");
    typed_command const said = typed("device_add driver=scsi-hd seriall=7");
    std::string const refusal = "Property 'scsi-hd.seriall' not found";
    BOOST_TEST(is_unknown_property(refusal));
    BOOST_TEST(!is_unknown_property("Parameter 'a' is missing"));
    BOOST_TEST(in_words(hint_at_property(said, properties, refusal)) == "seriall ^26 serial");
    BOOST_TEST(in_words(hint_at_property(typed("device_add driver=scsi-hd bsu=b"), properties,
                                         "Property 'scsi-hd.bsu' not found")) == "bsu ^26 bus");
    BOOST_TEST(in_words(hint_at_property(said, json::value(), refusal)) == "nothing");
}

BOOST_AUTO_TEST_CASE(what_is_nearest_comes_first)
{
    std::vector<std::string> const names{"qcow", "qcow2", "raw", "file", "host_device", "qcow2"};
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("qcow3", names)) == "did you mean qcow or qcow2?");
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("qocw2", names)) == "did you mean qcow2 or qcow?");
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("host", names)) == "did you mean host_device?");
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("rw", names)) == "did you mean raw?");
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("nothing", names)).empty());
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("", names)).empty());
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("qcow2", names)) == "did you mean qcow?",
               "what exists was refused for another reason");
    BOOST_TEST(coqmp::did_you_mean({"a", "b", "c"}) == "did you mean a, b or c?");
}

BOOST_AUTO_TEST_CASE(one_letter_is_not_like_another_nor_like_nothing)
{
    std::vector<std::string> const names{"", "x", "q", "s1", "ab", "on"};
    BOOST_TEST(coqmp::similar_names("a", names).empty());
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("X", names)) == "did you mean x?");
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("no", names)) == "did you mean on?");
    BOOST_TEST(coqmp::did_you_mean(coqmp::similar_names("s2", names)) == "did you mean s1?");
}

BOOST_AUTO_TEST_SUITE_END()
