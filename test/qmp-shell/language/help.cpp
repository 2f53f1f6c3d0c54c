// What people read of commands and events.
#include "language/explain/help.hpp"

#include "support/sample_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell;
using coqmp::test::sample_schema;

namespace {

struct sample
{
    std::string name;
    std::string text;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.name;
}

std::vector<sample> commands()
{
    return {{"stop", "stop\narguments: none\nreturns: nothing\n"},
            {"no-such", ""},
            {"", ""},
            {"block_resize",
             "block_resize\narguments:\n"
             "  size       integer\n"
             "  device     string, optional\n"
             "  node-name  string, optional\n"
             "returns: nothing\n"},
            {"query-status",
             "query-status\narguments: none\nreturns: object\n"
             "  running  boolean\n"
             "  status   \"running\"|\"paused\"\n"},
            {"query-all",
             "query-all\narguments: none\nreturns: [object]\n"
             "  running  boolean\n"
             "  status   \"running\"|\"paused\"\n"},
            {"query-names", "query-names\narguments: none\nreturns: [string]\n"},
            {"qom-get", "qom-get\narguments:\n  path      string\n  property  string\nreturns: any\n"},
            {"yank", "yank, may be sent with --oob\narguments:\n  instances  [string]\nreturns: nothing\n"},
            {"old-one", "old-one, deprecated\narguments: none\nreturns: nothing\n"},
            {"x-new-one", "x-new-one, unstable\narguments: none\nreturns: nothing\n"},
            {"blockdev-add driver=nbd cache.direct=on server.type=unix oops",
             "blockdev-add\narguments:\n"
             "  driver     \"file\"|\"qcow2\"|\"nbd\"|\"null-co\"\n"
             "  read-only  boolean, optional\n"
             "  node-name  string, optional\n"
             "  cache      object, optional\n"
             "      direct    boolean, optional\n"
             "      no-flush  boolean, optional\n"
             "  server     object\n"
             "      type  \"inet\"|\"unix\"\n"
             "      path  string\n"
             "  size       string, optional\n"
             "returns: nothing\n"},
            {"blockdev-add driver=nbd",
             "blockdev-add\narguments:\n"
             "  driver     \"file\"|\"qcow2\"|\"nbd\"|\"null-co\"\n"
             "  read-only  boolean, optional\n"
             "  node-name  string, optional\n"
             "  cache      object, optional\n"
             "      direct    boolean, optional\n"
             "      no-flush  boolean, optional\n"
             "  server     object\n"
             "      type  \"inet\"|\"unix\"\n"
             "      with type=inet: host, port\n"
             "      with type=unix: path\n"
             "  size       string, optional\n"
             "returns: nothing\n"},
            {"blockdev-add",
             "blockdev-add\narguments:\n"
             "  driver     \"file\"|\"qcow2\"|\"nbd\"|\"null-co\"\n"
             "  read-only  boolean, optional\n"
             "  node-name  string, optional\n"
             "  cache      object, optional\n"
             "      direct    boolean, optional\n"
             "      no-flush  boolean, optional\n"
             "  with driver=file: filename, [locking]\n"
             "  with driver=qcow2: file, [backing], [size]\n"
             "  with driver=nbd: server, [size]\n"
             "  with driver=null-co: [size], [read-zeroes]\n"
             "returns: nothing\n"}};
}

std::vector<sample> kinds()
{
    return {{"text", "string"},
            {"count", "integer"},
            {"flag", "boolean"},
            {"ratio", "number"},
            {"nothing", "null"},
            {"anything", "any"},
            {"mode", R"("full"|"top"|"none")"},
            {"names", "[string]"},
            {"text-or-null", "string or null"},
            {"whence", R"(integer or "set"|"cur"|"end")"},
            {"names-or-count", "[string] or integer"},
            {"nested", "object"}};
}

std::vector<sample> mistyped()
{
    return {{"stopp", "stop"},
            {"query-statsu", "query-status"},
            {"block-resize", "block_resize"},
            {"blockdev_add", "blockdev-add"},
            {"dev", "device_add device_del blockdev-add blockdev-backup blockdev-reopen"},
            {"resize", "block_resize"},
            {"nothing-like-it-at-all", ""},
            {"", ""}};
}

/// The type `0` of a schema.
coqmp::schema_type result_of(std::string_view types)
{
    json::value entries = json::parse(json::string_view(types));
    entries.as_array().push_back(json::object{{"meta-type", "command"}, {"name", "c"}, {"ret-type", "0"}});
    return coqmp::schema(entries).find_command("c").value().returns();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(help_suite)

BOOST_DATA_TEST_CASE(a_command_is_described, data::make(commands()), sample)
{
    BOOST_TEST(describe_command(sample_schema(), sample.name, 100) == sample.text);
}

BOOST_DATA_TEST_CASE(a_type_is_a_few_words, data::make(kinds()), sample)
{
    for (coqmp::schema_member const& each : sample_schema().find_command("sample")->arguments().members())
        if (each.name() == sample.name)
            BOOST_TEST(describe(each.type()) == sample.text);
}

BOOST_DATA_TEST_CASE(a_mistyped_name_resembles_others, data::make(mistyped()), sample)
{
    std::string found;
    for (std::string const& each : similar_commands(sample_schema(), sample.name))
        found.append(found.empty() ? "" : " ").append(each);
    BOOST_TEST(found == sample.text);
}

BOOST_AUTO_TEST_CASE(an_event_is_described)
{
    BOOST_TEST(describe_event(sample_schema(), "SHUTDOWN", 80) ==
               "event SHUTDOWN\ndata:\n  guest   boolean\n  reason  \"running\"|\"paused\"\n");
    BOOST_TEST(describe_event(sample_schema(), "STOP", 80) == "event STOP\ndata: none\n");
    BOOST_TEST(describe_event(sample_schema(), "stop", 80).empty());
}

BOOST_AUTO_TEST_CASE(help_shows_all_values_as_wide_as_the_terminal)
{
    BOOST_TEST(describe_command(sample_schema(), "blockdev-add driver=nbd server.type=unix", 36) ==
               "blockdev-add\narguments:\n"
               "  driver     \"file\"|\"qcow2\"|\"nbd\"|\n"
               "             \"null-co\"\n"
               "  read-only  boolean, optional\n"
               "  node-name  string, optional\n"
               "  cache      object, optional\n"
               "      direct    boolean, optional\n"
               "      no-flush  boolean, optional\n"
               "  server     object\n"
               "      type  \"inet\"|\"unix\"\n"
               "      path  string\n"
               "  size       string, optional\n"
               "returns: nothing\n");
    std::string const narrow = describe_command(sample_schema(), "blockdev-add", 1);
    BOOST_TEST(narrow.find("\"null-co\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_enumeration_is_cut_in_a_list)
{
    BOOST_TEST(describe(result_of(R"([
                   {"meta-type": "enum", "name": "0", "values": ["1", "2", "3", "4", "5", "6", "7", "8", "9"]}])")) ==
               R"("1"|"2"|"3"|"4"|"5"|"6"|"7"|"8"|...)");
}

BOOST_AUTO_TEST_CASE(a_type_of_itself_has_an_end)
{
    BOOST_TEST(describe(result_of(R"([{"meta-type": "array", "name": "0", "element-type": "0"}])")) == "[[[[...]]]]");
    BOOST_TEST(describe(result_of(R"([{"meta-type": "alternate", "name": "0", "members": [{"type": "0"}]}])")) == "...");
}

BOOST_AUTO_TEST_CASE(very_long_names_are_like_nothing)
{
    BOOST_TEST(similar_commands(sample_schema(), std::string(1'000'000, 'a')).empty());
}

BOOST_AUTO_TEST_SUITE_END()
