// Transactions, in one line or in many.
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

std::vector<sample> transactions()
{
    std::string const abort = R"(transaction {"actions": [{"type": "abort", "data": {}}]})";
    std::string const two =
        R"(transaction {"actions": [{"type": "snapshot", "data": {"device": "5", "snapshot-file": "b"}}, {"type": "abort", "data": {}}]})";
    return {
        {"transaction(\nabort\n)", abort},
        {"transaction( abort\n)", abort},
        {"transaction( abort )", abort},
        {"transaction(abort)", abort},
        {"transaction (abort)", abort},
        {"  transaction ( abort ) ", abort},
        {"transaction(\nabort )", abort},
        {"transaction(\n\n# nothing\nabort # a comment\n)", abort},
        {"transaction(\nsnapshot device=5 snapshot-file=b\nabort\n)", two},
        {"transaction( snapshot device=5 snapshot-file=b ; abort )", two},
        {"transaction(snapshot device=5 snapshot-file=b;abort)", two},
        {"transaction( snapshot device=5 snapshot-file=b;\nabort;\n)", two},
        {"transaction( snapshot device=5 snapshot-file=b\nabort )", two},
        {"transaction(;;abort;;)", abort},
        {"transaction()", R"(transaction {"actions": []})"},
        {"transaction(\n)", R"(transaction {"actions": []})"},
        {"transaction( bitmap-add node=n name=7 granularity=64k persistent=on )",
         R"(transaction {"actions": [{"type": "bitmap-add", "data": {"node": "n", "name": "7", "granularity": 65536, "persistent": true}}]})"},
        {"transaction( snapshot device=a snapshot-file=\"b;c)\" )",
         R"~(transaction {"actions": [{"type": "snapshot", "data": {"device": "a", "snapshot-file": "b;c)"}}]})~"},
        {"transaction( snapshot device=a snapshot-file=b(1) )",
         R"~(transaction {"actions": [{"type": "snapshot", "data": {"device": "a", "snapshot-file": "b(1)"}}]})~"},
        {"transaction(\nabort a={\n'b': 1}\n)", R"(transaction {"actions": [{"type": "abort", "data": {"a": {"b": 1}}}]})"},
        {"transaction( {\"type\": \"abort\", \"data\": {}} )", abort},
        {"transaction(\n{\"type\": \"abort\",\n\"data\": {}}\n)", abort},
        {"transaction( abort {} )", abort},
        {"transaction(abort {})", abort},
        {"transaction( snapshot {\"device\": \"5\", 'snapshot-file': 'b'} ; abort )", two},
        {"transaction(\nsnapshot {\n\"device\": \"5\",\n\"snapshot-file\": \"b\"\n}\nabort\n)", two},
        {"transaction( abort ) properties.completion-mode=grouped",
         R"(transaction {"properties": {"completion-mode": "grouped"}, "actions": [{"type": "abort", "data": {}}]})"},
        {"transaction( abort ) # done", abort},
        {"transaction actions=[{'type':'abort','data':{}}]", abort},
        {"transaction", "transaction {}"}};
}

std::vector<sample> mistakes()
{
    return {
        {"transaction( abort x )", "^19 `x` has no value: write x=VALUE"},
        {"transaction( snapshot device=a abort )", "^31 actions are separated by ;"},
        {"transaction( bitmap-add granularity=a )", "^36 `granularity` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"transaction(\nabort --oob\n", "before the end: ^6 an action has no options: they belong to the transaction"},
        {"transaction( abrot )", "^13 there is no action abrot (did you mean abort?)"},
        {"transaction(\nabort\n nonsense a=1", "^1 there is no action nonsense: Tab lists them"},
        {"transaction( a=1 )", "^13 a command's name comes first, then its arguments"},
        {"transaction( abort ) x", "^21 `x` has no value: write x=VALUE"},
        {"transaction( abort ) actions=[]", "^21 the actions of this transaction stand between its parentheses"},
        {"transaction( {\"typ\": 1} )", "^13 an action is written name key=VALUE, or {\"type\": NAME, \"data\": {...}}"},
        {"transaction( {\"type\": \"abort\"} x=1 )",
         "^31 nothing may follow a raw action but a semicolon or the closing parenthesis"},
        {"transaction( abort {\"a\": 1} b=1 )", "^28 the object holds all arguments of the action: nothing may stand beside it"},
        {"transaction( abort {\"a\" 1} )", "^24 a colon is expected here, as in {\"name\": value}"},
        {"transaction( [1] )", "^13 a command begins with its name, or is an object: {\"execute\": NAME}"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transaction_suite)

BOOST_DATA_TEST_CASE(actions_make_one_command, data::make(transactions()), typed)
{
    BOOST_TEST(read_all(typed.typed, &sample_schema()) == typed.meaning);
}

BOOST_DATA_TEST_CASE(mistakes_point_at_their_column, data::make(mistakes()), typed)
{
    BOOST_TEST(read_all(typed.typed, &sample_schema()) == typed.meaning);
}

BOOST_AUTO_TEST_CASE(without_a_schema_values_are_guessed)
{
    BOOST_TEST(read_all("transaction( snapshot device=5 )", nullptr) ==
               R"(transaction {"actions": [{"type": "snapshot", "data": {"device": 5}}]})");
    BOOST_TEST(read_all("transaction( unknown a=5 b.c=on )", nullptr) ==
               R"(transaction {"actions": [{"type": "unknown", "data": {"a": 5, "b": {"c": "on"}}}]})");
}

BOOST_AUTO_TEST_CASE(the_prompt_can_tell_that_a_transaction_is_open)
{
    line_reader reader;
    BOOST_TEST(!reader.in_transaction());
    BOOST_TEST(in_words(reader.read("transaction(")) == "nothing");
    BOOST_TEST(reader.in_transaction());
    BOOST_TEST(in_words(reader.read("abort")) == "nothing");
    BOOST_TEST(reader.in_transaction());
    BOOST_TEST(in_words(reader.read(")")).starts_with("transaction"));
    BOOST_TEST(!reader.in_transaction());
}

BOOST_AUTO_TEST_CASE(a_line_that_is_wrong_costs_itself_and_not_the_transaction)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("transaction( first a=1")) == "nothing");
    BOOST_TEST(in_words(reader.read("second a=1; third a")).starts_with("^18"));
    BOOST_TEST(reader.in_transaction());
    BOOST_TEST(in_words(reader.read("fourth )")) ==
               R"(transaction {"actions": [{"type": "first", "data": {"a": 1}}, {"type": "fourth", "data": {}}]})");
}

BOOST_AUTO_TEST_CASE(a_first_line_that_is_wrong_opens_no_transaction)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("transaction( first a")).starts_with("^"));
    BOOST_TEST(!reader.in_transaction());
    BOOST_TEST(in_words(reader.read("stop")) == "stop {}");
}

BOOST_AUTO_TEST_CASE(a_closing_line_that_is_wrong_leaves_the_transaction_open)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("transaction( first")) == "nothing");
    BOOST_TEST(in_words(reader.read(") oops")).starts_with("^2"));
    BOOST_TEST(reader.in_transaction());
    BOOST_TEST(in_words(reader.read(")")) == R"(transaction {"actions": [{"type": "first", "data": {}}]})");
}

BOOST_AUTO_TEST_CASE(reset_forgets_a_transaction)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("transaction( first")) == "nothing");
    reader.reset();
    BOOST_TEST(!reader.in_transaction());
    BOOST_TEST(in_words(reader.read("transaction()")) == R"(transaction {"actions": []})");
}

BOOST_AUTO_TEST_CASE(help_can_be_had_inside_a_transaction)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("transaction(")) == "nothing");
    BOOST_TEST(in_words(reader.read("help transaction")) == ":help [transaction]");
    BOOST_TEST(in_words(reader.read(":events off")) == ":events [off]");
    BOOST_TEST(reader.in_transaction());
}

BOOST_AUTO_TEST_CASE(a_brace_that_fails_inside_a_transaction_leaves_it_open)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("transaction(")) == "nothing");
    BOOST_TEST(in_words(reader.read("first a={")) == "nothing");
    BOOST_TEST(reader.in_brace());
    BOOST_TEST(in_words(reader.read("]")).starts_with("^0"));
    BOOST_TEST(!reader.in_brace());
    BOOST_TEST(in_words(reader.read("first; second )")) ==
               R"(transaction {"actions": [{"type": "first", "data": {}}, {"type": "second", "data": {}}]})");
}

BOOST_AUTO_TEST_CASE(many_lines_are_told_as_one_that_means_the_same)
{
    struct several
    {
        std::string typed;
        std::string in_one_line;
    };
    std::vector<several> const all{
        {"transaction(\nfirst\n\nsecond a=1 # one\n)", "transaction( first ; second a=1 )"},
        {"transaction (\n:help\nfirst; second\nthird ) --oob", "transaction( first ; second ; third ) --oob"},
        {"transaction( first a={\n'b': 1 # one\n}\n# a comment\n second\n)", "transaction( first a={ 'b': 1  } ; second )"},
        {"transaction(\nfirst a\nfirst a={\n]\nsecond\n)", "transaction( second )"},
        {"sample a={\n 'b':\n 1} c=2", "sample a={  'b':  1} c=2"},
        {"sample a={\n'b' 1}", "sample a={ 'b' 1}"},
        {"sample a=1", "sample a=1"}};
    line_reader reader;
    for (several const& each : all) {
        std::string meaning;
        for (std::string_view rest = each.typed; !rest.empty();) {
            std::size_t const end = std::min(rest.find('\n'), rest.size());
            meaning = in_words(reader.read(rest.substr(0, end)));
            rest.remove_prefix(std::min(rest.size(), end + 1));
        }
        BOOST_TEST(reader.as_one_line() == each.in_one_line);
        std::string const again = in_words(reader.read(each.in_one_line));
        BOOST_TEST((again == meaning || meaning.starts_with('^')));
    }
}

BOOST_AUTO_TEST_SUITE_END()
