// The sharp edges of QEMU's own qmp-shell, each a test with its name; and what it took, which we take, too.
#include "statements.hpp"
#include "support/sample_schema.hpp"

#include "language/complete/completer.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;
using coqmp::test::sample_schema;

namespace {

/// The old one knows no types.
std::vector<sample> what_it_takes()
{
    return {{"query-status", "query-status {}"},
            {"block_resize device=disk0 size=1024", R"(block_resize {"device": "disk0", "size": 1024})"},
            {"set_link name=n up=true", R"(set_link {"name": "n", "up": true})"},
            {"set_link name=n up=True", R"(set_link {"name": "n", "up": true})"},
            {"x a=-1", R"(x {"a": -1})"},
            {"x a=b=c", R"(x {"a": "b=c"})"},
            {"x a={\"b\":[1,2]}", R"(x {"a": {"b": [1, 2]}})"},
            {"x a={'b':True,'c':None}", R"(x {"a": {"b": true, "c": null}})"},
            {"x a={'b':true,'c':null}", R"(x {"a": {"b": true, "c": null}})"},
            {"x a=['b','c']", R"(x {"a": ["b", "c"]})"},
            {"x a.b.c=d a.b.e=f", R"(x {"a": {"b": {"c": "d", "e": "f"}}})"},
            {"transaction(\nabort\n)", R"(transaction {"actions": [{"type": "abort", "data": {}}]})"},
            {"transaction( abort )", R"(transaction {"actions": [{"type": "abort", "data": {}}]})"},
            {"transaction( a b=1\nc d=2 )",
             R"(transaction {"actions": [{"type": "a", "data": {"b": 1}}, {"type": "c", "data": {"d": 2}}]})"}};
}

bool offers(completion const& what, std::string_view text)
{
    return std::any_of(what.candidates.begin(), what.candidates.end(),
                       [text](candidate const& each) { return each.text == text; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(old_shell_suite)

BOOST_DATA_TEST_CASE(what_the_old_shell_took_is_taken, data::make(what_it_takes()), typed)
{
    BOOST_TEST(read_all(typed.typed, nullptr) == typed.meaning);
}

BOOST_AUTO_TEST_CASE(one_dotted_key_swallows_all_later_keys)
{
    BOOST_TEST(read_all("x a.b=1 c=2 d=3", nullptr) == R"(x {"a": {"b": 1}, "c": 2, "d": 3})");
    BOOST_TEST(read_all("x z=0 a.b.c=1 a.d=2 e=3", nullptr) == R"(x {"z": 0, "a": {"b": {"c": 1}, "d": 2}, "e": 3})");
}

BOOST_AUTO_TEST_CASE(quotes_stay_in_values)
{
    BOOST_TEST(read_all(R"(x a="b c" d='e f')", nullptr) == R"(x {"a": "b c", "d": "e f"})");
    BOOST_TEST(read_all(R"(x a="b")", nullptr) == R"(x {"a": "b"})");
}

BOOST_AUTO_TEST_CASE(a_forced_string_cannot_be_written)
{
    BOOST_TEST(read_all(R"(x a="5" b='true' c:="7")", nullptr) == R"(x {"a": "5", "b": "true", "c": "7"})");
    BOOST_TEST(read_all("device_del id=007", &sample_schema()) == R"(device_del {"id": "007"})");
}

BOOST_AUTO_TEST_CASE(a_float_cannot_be_written)
{
    BOOST_TEST(read_all("x a=1.5 b:=2.0", nullptr) == R"(x {"a": 1.5, "b": 2.0})");
}

BOOST_AUTO_TEST_CASE(spaces_inside_braces_split_the_value)
{
    BOOST_TEST(read_all("x a={'b': 1, 'c': [2, 3]} d=4", nullptr) == R"(x {"a": {"b": 1, "c": [2, 3]}, "d": 4})");
}

BOOST_AUTO_TEST_CASE(it_completes_command_names_only)
{
    auto const at = [](std::string_view line) { return complete(line, sample_schema(), {"events"}); };
    BOOST_TEST(offers(at("block_re"), "block_resize"));
    BOOST_TEST(offers(at("block_resize "), "size="));
    BOOST_TEST(offers(at("blockdev-backup sync="), "full"));
    BOOST_TEST(offers(at("blockdev-add driver=qcow2 file.driver=f"), "file"));
    BOOST_TEST(offers(at("blockdev-add read-only="), "true"));
    BOOST_TEST((at("block_resize node-name=").source == completion_source::node_name));
}

BOOST_AUTO_TEST_SUITE_END()
