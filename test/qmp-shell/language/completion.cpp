// What the tab key offers at the end of a line.
#include "language/complete/completer.hpp"

#include "statements.hpp"
#include "support/sample_schema.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;
using coqmp::test::sample_schema;

namespace {

std::vector<std::string> const meta = {"events", "help", "page", "schema", "trace", "wait"};

completion at(std::string_view line, bool in_transaction = false)
{
    return complete(line, sample_schema(), meta, in_transaction);
}

/// What the line would be with each candidate, without what it has in common: `column: text text`. A dash: no space may follow.
std::string in_words(completion const& what)
{
    std::string result = std::to_string(what.begin) + ':';
    for (candidate const& each : what.candidates)
        result.append(" ").append(each.text).append(each.final || each.text.ends_with('=') || each.text.ends_with('.') ? ""
                                                                                                                       : "-");
    return result;
}

std::vector<sample> names()
{
    return {{"st", "0: stop"},
            {"  st", "2: stop"},
            {"block", "0: block_resize blockdev-add blockdev-backup blockdev-reopen"},
            {"BLOCK", "0:"},
            {"nothing", "0:"},
            {"he", "0: help"},
            {"tr", "0: transaction transaction("},
            {"--oob ya", "6: yank"},
            {"--fd a=b ya", "9: yank"},
            {"--fd:ro a=b ya", "12: yank"},
            {"--", "0: --fd --fd:ro --fd:rw --fd:wo --oob"},
            {"--fd:r", "0: --fd:ro --fd:rw"},
            {"exi", "0: exit"},
            {"help exi", "5:"},
            {"help bl", "5: block_resize blockdev-add blockdev-backup blockdev-reopen"},
            {"help ST", "5: STOP"},
            {"help stop ", "10:"},
            {"help blockdev-add d", "18: driver="},
            {"help blockdev-add driver=q", "25: qcow2"},
            {"# st", "4:"},
            {"stop # st", "9:"}};
}

std::vector<sample> shell_commands()
{
    return {{":", "1: events help page schema trace wait"},
            {":e", "1: events"},
            {"  :e", "3: events"},
            {":x", "1:"},
            {":events ", "8: off on SHUTDOWN STOP"},
            {":events S", "8: SHUTDOWN STOP"},
            {":events STOP S", "13: SHUTDOWN STOP"},
            {":events !S", "9: SHUTDOWN STOP"},
            {":wait-event S", "12: SHUTDOWN STOP"},
            {"  :wait-event SHUTDOWN g", "23: guest="},
            {":wait-event SHUTDOWN guest=", "27: true false"},
            {":wait-event SHUTDOWN guest=true --", "32: --timeout"},
            {":help blockdev-", "6: blockdev-add blockdev-backup blockdev-reopen"},
            {":help :w", "7: wait"},
            {"help :pa", "6: page"},
            {":schema SH", "8: SHUTDOWN"},
            {":trace ", "7: off on"},
            {":page block_", "6: block_resize"},
            {":page block_resize si", "19: size="},
            {":unknown a", "9:"}};
}

std::vector<sample> argument_names()
{
    return {{"stop ", "5:"},
            {"no-such a", "8:"},
            {"block_resize ", "13: size= device= node-name="},
            {"block_resize d", "13: device="},
            {"block_resize size=5 ", "20: device= node-name="},
            {"block_resize size=5 device=a n", "29: node-name="},
            {"block_resize size", "13: size="},
            {"block_resize -", "13: --fd --fd:ro --fd:rw --fd:wo --oob"},
            {"block_resize --o", "13: --oob"},
            {"block_resize --fd ", "18:"},
            {"block_resize --fd a=b s", "22: size="},
            {"block_resize --oob s", "19: size="},
            {"block_resize size=abc wrong s", "28:"},
            {"blockdev-add ", "13: driver= read-only= node-name= cache."},
            {"blockdev-add driver=nbd ", "24: server. read-only= node-name= cache. size="},
            {"blockdev-add driver=\"nbd\" s", "26: server. size="},
            {"blockdev-add driver=qcow2 ", "26: file= file. read-only= node-name= cache. backing= backing. size="},
            {"blockdev-add driver=qcow2 file.", "31: driver= read-only= node-name= cache."},
            {"blockdev-add driver=qcow2 file.driver=file file.", "48: filename= read-only= node-name= cache. locking="},
            {"blockdev-add driver=qcow2 file.driver=file fi", "43: file."},
            {"blockdev-add driver=qcow2 file=x f", "33:"},
            {"blockdev-add driver=nbd server.type=inet server.", "48: host= port="},
            {"blockdev-add driver=nbd server.type=unix server.", "48: path="},
            {"blockdev-add driver=nbd server.", "31: type="},
            {"blockdev-add cache.", "19: direct= no-flush="},
            {"blockdev-add cache.direct=on cache.", "35: no-flush="},
            {"blockdev-add nothing.", "21:"},
            {"blockdev-add driver.", "20:"},
            {"blockdev-reopen options.", "24: 0."},
            {"blockdev-reopen options.0.driver=null-co options.", "49: 1."},
            {"blockdev-reopen options.0.driver=null-co options.0.s", "51: size="},
            {"sample names.", "13: 0="},
            {"sample nested.deeper.deeper.t", "28: text="},
            {"object-add qom-type=secret ", "27: id= data= file="},
            {"block_resize \"si", "13:"}};
}

std::vector<sample> values()
{
    return {{"blockdev-backup sync=", "21: full top none"},
            {"blockdev-backup sync=f", "21: full"},
            {"blockdev-backup sync=x", "21:"},
            {"blockdev-backup sync=\"f", "21: \"full\""},
            {"blockdev-backup sync='", "21: 'full' 'top' 'none'"},
            {"blockdev-backup sync:=", "22: \"full\" \"top\" \"none\""},
            {"blockdev-backup sync:=\"t", "22: \"top\""},
            {"blockdev-add driver=n", "20: nbd null-co"},
            {"blockdev-add driver=qcow2 file.driver=f", "38: file"},
            {"blockdev-add driver=nbd server.type=", "36: inet unix"},
            {"blockdev-add read-only=", "23: true false"},
            {"blockdev-add read-only=t", "23: true"},
            {"blockdev-add read-only=\"t", "23:"},
            {"blockdev-add cache.direct=f", "26: false"},
            {"blockdev-add driver=qcow2 backing=n", "34: null"},
            {"sample whence=", "14: set cur end"},
            {"sample flag-or-text=", "20: true false"},
            {"sample count=", "13:"},
            {"sample count=5", "13:"},
            {"sample text=\"a b", "12:"},
            {"object-add qom-type=i", "20: iothread"},
            {"no-such a=", "10:"},
            {"a=", "0:"},
            {"=", "0:"}};
}

/// Inside of braces: names with their quotes, and a colon.
std::vector<sample> in_braces()
{
    return {
        {R"(blockdev-add {)", R"(14: "driver": - "read-only": - "node-name": - "cache": -)"},
        {R"(blockdev-add { )", R"(15: "driver": - "read-only": - "node-name": - "cache": -)"},
        {R"(blockdev-add {"dr)", R"(14: "driver": -)"},
        {R"(blockdev-add {'dr)", R"(14: 'driver': -)"},
        {R"(blockdev-add {dr)", R"(14: "driver": -)"},
        {R"(blockdev-add {"driver")", "22:"},
        {R"(blockdev-add {"driver":)", R"(23: "file" "qcow2" "nbd" "null-co")"},
        {R"(blockdev-add {'driver': )", R"(24: "file" "qcow2" "nbd" "null-co")"},
        {R"(blockdev-add {"driver": "q)", R"(24: "qcow2")"},
        {R"(blockdev-add {'driver': 'n)", R"(24: 'nbd' 'null-co')"},
        {R"(blockdev-add {"driver": "null-co", )", R"(35: "read-only": - "node-name": - "cache": - "size": - "read-zeroes": -)"},
        {R"(blockdev-add {"driver": "qcow2", "file": {"driver": "f)", R"(52: "file")"},
        {R"(blockdev-add {"driver": "qcow2", "file": {"driver": "file"}, "ba)", R"(61: "backing": -)"},
        {R"(blockdev-add {"driver": "qcow2", "file": {"driver": "file", "fi)", R"(60: "filename": -)"},
        {R"(blockdev-add {"read-only": t)", "27: true"},
        {R"(blockdev-add {"read-only": "t)", "27:"},
        {R"(blockdev-add {"driver": "file"})", "31:"},
        {R"(blockdev-add {"driver": "file"} --o)", "32: --oob"},
        {R"(blockdev-add {"driver": "file"]:)", "32:"},
        {R"(blockdev-add {"driver" "f)", "25:"},
        {R"(blockdev-add driver=qcow2 file={"dr)", R"(32: "driver": -)"},
        {R"(blockdev-add driver=qcow2 file={"driver": "null-co", "s)", R"(53: "size": -)"},
        {R"(blockdev-reopen options=[{"driver": "nb)", R"(36: "nbd")"},
        {R"(blockdev-reopen options=[{"driver": "nbd"}, {"driver": "null-co", "si)", R"(66: "size": -)"},
        {R"(sample names=[)", "14:"},
        {R"(sample nested={)", R"(15: "text": - "count": - "deeper": -)"},
        {R"(sample nested={'count': 1)", "24:"},
        {R"(sample nested={'count': 1, # )", "29:"},
        {R"(sample mode:="f)", R"(13: "full")"},
        {R"({)", R"(1: "execute": - "arguments": - "exec-oob": - "id": -)"},
        {R"({"execute": "block_)", R"(12: "block_resize"-)"},
        {R"({"execute": "block_resize", "arg)", R"(28: "arguments": -)"},
        {R"({"execute": "block_resize", "arguments": {"s)", R"(42: "size": -)"},
        {R"({"execute": "blockdev-add", "arguments": {"driver": "qc)", R"(52: "qcow2")"},
        {R"({"execute": "blockdev-add", "arguments": {"driver": "qcow2", "file": {"driver": "nb)", R"(80: "nbd")"},
        {R"({"execute": "stop"} )", "20:"},
        {R"({"arguments": {"s)", "15:"},
        {R"(transaction( {"type": "sn)", R"(22: "snapshot")"},
        {R"(transaction( {"type": "snapshot", "data": {"mo)", R"(43: "mode": -)"},
        {"[", "1:"},
        {"blockdev-add {{", "15:"},
        {"blockdev-add [", "14:"}};
}

std::vector<sample> in_transactions()
{
    return {{"transaction(", "12: abort snapshot bitmap-add"},
            {"transaction( ", "13: abort snapshot bitmap-add"},
            {"transaction( s", "13: snapshot"},
            {"transaction(s", "12: snapshot"},
            {"transaction( abort; b", "20: bitmap-add"},
            {"transaction( abort ; ", "21: abort snapshot bitmap-add"},
            {"transaction( snapshot ", "22: device= snapshot-file= mode="},
            {"transaction( snapshot device=a s", "31: snapshot-file="},
            {"transaction( snapshot mode=c", "27: cur"},
            {"transaction( abort ) ", "21: properties."},
            {"transaction( abort ) properties.", "32: completion-mode="},
            {"transaction( abort ) properties.completion-mode=", "48: individual grouped"},
            {"transaction ", "12: actions= properties."}};
}

std::vector<sample> in_open_transactions()
{
    return {{"", "0: abort snapshot bitmap-add"}, {"sn", "0: snapshot"}, {"snapshot s", "9: snapshot-file="},
            {"abort; b", "7: bitmap-add"},        {"stop", "0:"},        {") p", "2: properties."}};
}

struct wished
{
    std::string typed;
    completion_source source;
    std::string prefix;
    std::string arguments;
};

std::ostream& operator<<(std::ostream& out, wished const& what)
{
    return out << what.typed;
}

std::vector<wished> wishes()
{
    return {
        {"block_resize node-name=", completion_source::node_name, "", "{}"},
        {"block_resize node-name=di", completion_source::node_name, "di", "{}"},
        {"block_resize node-name=\"di", completion_source::node_name, "di", "{}"},
        {"block_resize size=5 device=", completion_source::block_device, "", R"({"size":5})"},
        {"block_resize size=", completion_source::none, "", "{}"},
        {"blockdev-add node-name=", completion_source::none, "", "{}"},
        {"blockdev-add driver=qcow2 file=", completion_source::node_name, "", R"({"driver":"qcow2"})"},
        {"blockdev-add driver=qcow2 backing=x", completion_source::node_name, "x", R"({"driver":"qcow2"})"},
        {"blockdev-backup target=", completion_source::node_name, "", "{}"},
        {"blockdev-backup job-id=", completion_source::none, "", "{}"},
        {"device_del id=v", completion_source::removable_id, "v", "{}"},
        {"device_add driver=vir", completion_source::device_driver, "vir", "{}"},
        {"device_add id=", completion_source::none, "", "{}"},
        {"device_add driver=x ", completion_source::device_property, "", R"({"driver":"x"})"},
        {"device_add driver=x m", completion_source::device_property, "m", R"({"driver":"x"})"},
        {"device_add m", completion_source::none, "m", "{}"},
        {"device_add driver=x drive=", completion_source::node_name, "", R"({"driver":"x"})"},
        {"device_add driver=x netdev=n", completion_source::netdev_id, "n", R"({"driver":"x"})"},
        {"job-dismiss id=", completion_source::job_id, "", "{}"},
        {"qom-get path=/machine/p", completion_source::qom_path, "/machine/p", "{}"},
        {"qom-get path=/machine property=t", completion_source::qom_property, "t", R"({"path":"/machine"})"},
        {"qom-set path=/a property=b value=", completion_source::none, "", R"({"path":"/a","property":"b"})"},
        {":wait j", completion_source::job_id, "j", "{}"},
        {"transaction( snapshot device=", completion_source::none, "", "{}"},
        {"transaction( bitmap-add node=", completion_source::node_name, "", "{}"},
        {"block_resize node-name:=", completion_source::none, "", "{}"},
        {"device_add driver=x bus=p", completion_source::bus, "p", R"({"driver":"x"})"},
        {"blockdev-add driver=file filename=/tm", completion_source::file, "/tm", R"({"driver":"file"})"},
        {"blockdev-add driver=qcow2 file.driver=file file.filename=\"a b", completion_source::file, "a b",
         R"({"driver":"qcow2","file":{"driver":"file"}})"},
        {"--fd a=/de", completion_source::file, "/de", "{}"},
        {"stop --fd a=\"/de", completion_source::file, "/de", "{}"},
        {"stop --fd:ro a=/de", completion_source::file, "/de", "{}"},
        {"stop --fd a", completion_source::none, "a", "{}"},
        {"device_add {'driver': 'x', 'bus': 'p", completion_source::bus, "p", R"({"driver":"x"})"},
        {"device_add {'driver': 'x', 'm", completion_source::device_property, "m", R"({"driver":"x"})"},
        {"block_resize {\"node-name\": ", completion_source::node_name, "", "{}"},
        {R"({"execute": "device_add", "arguments": {"driver": "x", "bus": )", completion_source::bus, "", R"({"driver":"x"})"},
        {"block_resize size=wrong node-name=", completion_source::node_name, "", "{}"},
        {"stop", completion_source::none, "stop", "{}"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(completion_suite)

BOOST_DATA_TEST_CASE(of_commands, data::make(names()), typed)
{
    BOOST_TEST(in_words(at(typed.typed)) == typed.meaning);
}

BOOST_DATA_TEST_CASE(of_commands_of_the_shell, data::make(shell_commands()), typed)
{
    BOOST_TEST(in_words(at(typed.typed)) == typed.meaning);
}

BOOST_DATA_TEST_CASE(of_arguments_required_ones_first, data::make(argument_names()), typed)
{
    BOOST_TEST(in_words(at(typed.typed)) == typed.meaning);
}

BOOST_DATA_TEST_CASE(of_values, data::make(values()), typed)
{
    BOOST_TEST(in_words(at(typed.typed)) == typed.meaning);
}

BOOST_DATA_TEST_CASE(inside_of_braces, data::make(in_braces()), typed)
{
    BOOST_TEST(in_words(at(typed.typed)) == typed.meaning);
}

BOOST_AUTO_TEST_CASE(inside_of_braces_of_many_lines)
{
    line_reader reader;
    reader.use(&sample_schema());
    (void)reader.read("blockdev-add driver=qcow2 file={");
    (void)reader.read("  \"driver\": \"null-co\",");
    BOOST_TEST_REQUIRE(reader.in_brace());
    BOOST_TEST(in_words(complete("  \"s", sample_schema(), meta, false, &reader.begun())) == "2: \"size\": -");
    BOOST_TEST(in_words(complete("  \"size\": 5} node", sample_schema(), meta, false, &reader.begun())) == "13: node-name=");
}

BOOST_DATA_TEST_CASE(inside_a_transaction_only_actions, data::make(in_transactions()), typed)
{
    BOOST_TEST(in_words(at(typed.typed)) == typed.meaning);
}

BOOST_DATA_TEST_CASE(inside_a_transaction_of_many_lines, data::make(in_open_transactions()), typed)
{
    BOOST_TEST(in_words(at(typed.typed, true)) == typed.meaning);
}

BOOST_DATA_TEST_CASE(what_only_qemu_knows_is_wished_for, data::make(wishes()), typed)
{
    completion const what = at(typed.typed);
    BOOST_TEST((what.source == typed.source));
    BOOST_TEST(what.prefix == typed.prefix);
    BOOST_TEST(json::serialize(what.arguments) == typed.arguments);
}

BOOST_AUTO_TEST_CASE(an_empty_line_offers_all_commands)
{
    BOOST_TEST(at("").candidates.size() == sample_schema().command_names().size() + 2);  // and exit, help
}

BOOST_AUTO_TEST_CASE(without_a_schema_only_the_shell_itself_is_completed)
{
    coqmp::schema const empty;
    BOOST_TEST(complete("st", empty, meta).candidates.empty());
    BOOST_TEST(complete("stop a", empty, meta).candidates.empty());
    BOOST_TEST(complete("transaction( ", empty, meta).candidates.empty());
    BOOST_TEST(complete(":e", empty, meta).candidates.size() == 1U);
    BOOST_TEST((complete("device_del id=", empty, meta).source == completion_source::removable_id));
    BOOST_TEST((complete("block_resize node-name=", empty, meta).source == completion_source::node_name));
}

BOOST_AUTO_TEST_CASE(candidates_say_what_they_are)
{
    completion const what = at("block_resize ");
    BOOST_TEST_REQUIRE(what.candidates.size() == 3U);
    BOOST_TEST(what.candidates[0].description == "integer");
    BOOST_TEST(what.candidates[1].description == "string, optional");
    BOOST_TEST(!what.candidates[0].final);
    BOOST_TEST(at("old").candidates.at(0).description == "deprecated");
    BOOST_TEST(at("stop").candidates.at(0).final);
}

BOOST_AUTO_TEST_CASE(what_needs_quotes_gets_them)
{
    BOOST_TEST(quoted_word("plain") == "plain");
    BOOST_TEST(quoted_word("/machine/a[0]") == "/machine/a[0]");
    BOOST_TEST(quoted_word("") == R"("")");
    BOOST_TEST(quoted_word("a b") == R"("a b")");
    BOOST_TEST(quoted_word("#block12") == R"("#block12")");
    BOOST_TEST(quoted_word("it's") == R"("it's")");
    BOOST_TEST(quoted_word("a b", '\'') == "'a b'");
    BOOST_TEST(quoted_word("it's", '\'') == R"('it\'s')");
    BOOST_TEST(quoted_word("plain", '"') == R"("plain")");
    BOOST_TEST(quoted_word("[x") == R"("[x")");
    BOOST_TEST(quoted_word("a\\ \"b\n") == R"("a\\ \"b\n")");
}

BOOST_AUTO_TEST_CASE(what_is_quoted_is_read_as_it_was)
{
    for (std::string const text : {"a b", "", "it's", "\"", "\\", "{a}", "#", "a;b)", "ü\n\r\t", "'\"\\'"})
        for (char const quote : {'\0', '"', '\''}) {
            line_reader reader;
            reader.use(&sample_schema());
            statement const what = reader.read("sample text=" + quoted_word(text, quote));
            auto const* command = std::get_if<typed_command>(&what);
            BOOST_TEST_REQUIRE((command != nullptr));
            BOOST_TEST(command->arguments.at("text").as_string() == text);
        }
}

BOOST_AUTO_TEST_SUITE_END()
