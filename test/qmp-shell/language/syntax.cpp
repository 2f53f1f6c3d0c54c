// The language where nothing is known of types: words, quotes, braces, dotted keys, options, comments.
#include "statements.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;

namespace {

std::vector<sample> words()
{
    return {{"stop", "stop {}"},
            {"  stop  ", "stop {}"},
            {"\tstop\t", "stop {}"},
            {"stop\r", "stop {}"},
            {"x a=b", R"(x {"a": "b"})"},
            {"x   a=b\tc=d ", R"(x {"a": "b", "c": "d"})"},
            {"x a=", R"(x {"a": ""})"},
            {"x a=b=c", R"(x {"a": "b=c"})"},
            {"x a=b:c", R"(x {"a": "b:c"})"},
            {"x a-b=c_d", R"(x {"a-b": "c_d"})"},
            {"x a=/dev/sda", R"(x {"a": "/dev/sda"})"},
            {"x a=c:\\dir", R"(x {"a": "c:\\dir"})"},
            {"x a=b{c", R"(x {"a": "b{c"})"},
            {"x a=ü", R"(x {"a": "ü"})"},
            {"x ü=1", R"(x {"ü": 1})"},
            {"x [0]=1", R"(x {"[0]": 1})"},
            {"__com.example_x a=1", R"(__com.example_x {"a": 1})"},
            {"x-debug a=1", R"(x-debug {"a": 1})"},
            {"x a=json:{\"driver\":\"file\", \"filename\": \"b c\"}",
             R"(x {"a": "json:{\"driver\":\"file\", \"filename\": \"b c\"}"})"},
            {"x a=json:{} b=1", R"(x {"a": "json:{}", "b": 1})"},
            {"x a=json: b=1", R"(x {"a": "json:", "b": 1})"},
            {"x a=b;c", R"(x {"a": "b;c"})"},
            {"x a=f(b)", R"~(x {"a": "f(b)"})~"},
            {"x a=(1, 2)", "^8 `2)` has no value: write 2)=VALUE"}};
}

std::vector<sample> guesses()
{
    return {{"5", "5"},
            {"-5", "-5"},
            {"0", "0"},
            {"1.5", "1.5"},
            {"-0.25", "-0.25"},
            {"1.0", "1.0"},
            {"1e3", "1000.0"},
            {"2.5E-3", "0.0025"},
            {"9223372036854775807", "9223372036854775807"},
            {"9223372036854775808", "9223372036854775808"},
            {"18446744073709551615", "18446744073709551615"},
            {"-9223372036854775808", "-9223372036854775808"},
            {"true", "true"},
            {"True", "true"},
            {"TRUE", "true"},
            {"false", "false"},
            {"False", "false"},
            {"null", "null"},
            {"None", "null"},
            {"none", R"("none")"},
            {"tRuE", R"("tRuE")"},
            {"on", R"("on")"},
            {"off", R"("off")"},
            {"007", R"("007")"},
            {"-", R"("-")"},
            {"--5", R"("--5")"},
            {"+5", R"("+5")"},
            {".5", R"(".5")"},
            {"5.", R"("5.")"},
            {"5.0.0", R"("5.0.0")"},
            {"05.0", R"("05.0")"},
            {"1e", R"("1e")"},
            {"1e+", R"("1e+")"},
            {"0x10", R"("0x10")"},
            {"10G", R"("10G")"},
            {"1_000", R"("1_000")"},
            {"nan", R"("nan")"},
            {"inf", R"("inf")"},
            {"-inf", R"("-inf")"},
            {"52:54:00:12:34:56", R"("52:54:00:12:34:56")"},
            {"10.0.0.1", R"("10.0.0.1")"},
            {"null-co", R"("null-co")"},
            {"trueish", R"("trueish")"}};
}

std::vector<sample> quotes()
{
    return {{R"("x y")", R"("x y")"},
            {R"('x y')", R"("x y")"},
            {R"("")", R"("")"},
            {R"('')", R"("")"},
            {R"("5")", R"("5")"},
            {R"('5')", R"("5")"},
            {R"("true")", R"("true")"},
            {R"('None')", R"("None")"},
            {R"("{}")", R"("{}")"},
            {R"('["a"]')", R"("[\"a\"]")"},
            {R"("it's")", R"("it's")"},
            {R"('say "no"')", R"("say \"no\"")"},
            {R"('it\'s')", R"("it's")"},
            {R"("a\"b")", R"("a\"b")"},
            {R"("a\\b")", R"("a\\b")"},
            {R"("a\/b")", R"("a/b")"},
            {R"("a\nb\tc")", R"("a\nb\tc")"},
            {R"('a\nb')", R"("a\nb")"},
            {R"('C:\dir')", R"("C:\\dir")"},
            {R"("\u00fc")", R"("ü")"},
            {R"("\u20ac")", R"("€")"},
            {R"("\ud83d\ude00")", R"("😀")"},
            {R"("\u0041\x42")", R"("AB")"},
            {R"("\u0000")", R"("\u0000")"},
            {R"("a # b")", R"("a # b")"},
            {R"("a=b")", R"("a=b")"},
            {R"("a b".img)", R"("a b.img")"},
            {R"(/dir/"a b"/c)", R"("/dir/a b/c")"},
            {R"("a"'b'c)", R"("abc")"},
            {R"(x" ")", R"("x ")"}};
}

std::vector<sample> braces()
{
    return {{R"({})", R"({})"},
            {R"([])", R"([])"},
            {R"({"a":1})", R"({"a": 1})"},
            {R"({ "a" : 1 , "b" : [ 1 , 2 ] })", R"({"a": 1, "b": [1, 2]})"},
            {R"({'a': True, 'b': False, 'c': None})", R"({"a": true, "b": false, "c": null})"},
            {R"({'a': (1, 2), 'b': ()})", R"({"a": [1, 2], "b": []})"},
            {R"([1, 2,])", R"([1, 2])"},
            {R"({'a': 1,})", R"({"a": 1})"},
            {R"(["a b", 'c d'])", R"(["a b", "c d"])"},
            {R"(["]", "}", "[", "{"])", R"(["]", "}", "[", "{"])"},
            {R"({"}": "{"})", R"({"}": "{"})"},
            {R"(["a\"]", 1])", R"(["a\"]", 1])"},
            {R"([['it\'s']])", R"([["it's"]])"},
            {R"([1.5, -1, 1e2, 18446744073709551615])", R"([1.5, -1, 100.0, 18446744073709551615])"},
            {R"([true, false, null])", R"([true, false, null])"},
            {R"({"a": {"b": {"c": []}}})", R"({"a": {"b": {"c": []}}})"},
            {R"(["#", 1])", R"(["#", 1])"},
            {R"({"":1})", R"({"": 1})"}};
}

std::vector<sample> exact_values()
{
    return {{"5", "5"},
            {"\"5\"", R"("5")"},
            {"true", "true"},
            {"null", "null"},
            {"1.0", "1.0"},
            {"[1, 2]", "[1, 2]"},
            {"{\"a\": {}}", R"({"a": {}})"},
            {"-0.5", "-0.5"},
            {"18446744073709551615", "18446744073709551615"}};
}

std::vector<sample> dotted_keys()
{
    return {{"x a.b=1", R"(x {"a": {"b": 1}})"},
            {"x a.b=1 a.c=2", R"(x {"a": {"b": 1, "c": 2}})"},
            {"x a.b=1 c=2", R"(x {"a": {"b": 1}, "c": 2})"},
            {"x a.b=1 c=2 a.d=3", R"(x {"a": {"b": 1, "d": 3}, "c": 2})"},
            {"x a.b.c.d=1", R"(x {"a": {"b": {"c": {"d": 1}}}})"},
            {"x a.b.c=1 a.b.d=2 a.e=3", R"(x {"a": {"b": {"c": 1, "d": 2}, "e": 3}})"},
            {"x a.b={'c': 1}", R"(x {"a": {"b": {"c": 1}}})"},
            {"x a.b:=[1]", R"(x {"a": {"b": [1]}})"},
            {"x a.0=x a.1=y", R"(x {"a": ["x", "y"]})"},
            {"x a.1=y a.0=x", R"(x {"a": ["x", "y"]})"},
            {"x a.0=x", R"(x {"a": ["x"]})"},
            {"x a.1=x", R"(x {"a": {"1": "x"}})"},
            {"x a.0=x a.2=y", R"(x {"a": {"0": "x", "2": "y"}})"},
            {"x a.00=x", R"(x {"a": {"00": "x"}})"},
            {"x a.0.b=1 a.1.b=2", R"(x {"a": [{"b": 1}, {"b": 2}]})"},
            {"x a.0.0=1 a.0.1=2", R"(x {"a": [[1, 2]]})"},
            {"x 0=a", R"(x {"0": "a"})"}};
}

std::vector<sample> options()
{
    return {{"x --oob", "x {} --oob"},
            {"x --oob a=1", R"(x {"a": 1} --oob)"},
            {"x a=1 --oob b=2", R"(x {"a": 1, "b": 2} --oob)"},
            {"--oob x a=1", R"(x {"a": 1} --oob)"},
            {"x --fd f=/tmp/a", "x {} --fd f=/tmp/a"},
            {"x --fd=f=/tmp/a", "x {} --fd f=/tmp/a"},
            {"--fd f=/tmp/a x", "x {} --fd f=/tmp/a"},
            {"x --fd f=/a --fd g=/b a=1", R"(x {"a": 1} --fd f=/a --fd g=/b)"},
            {"x --fd f=\"/a b\"", "x {} --fd f=/a b"},
            {"x --fd f=/a=b", "x {} --fd f=/a=b"},
            {"x --fd:ro f=/a", "x {} --fd:ro f=/a"},
            {"--fd:wo f=/a --fd:rw g=/b x", "x {} --fd:wo f=/a --fd:rw g=/b"},
            {"--fd:ro=f=/a:rw x", "x {} --fd:ro f=/a:rw"},
            {"x a=--oob", R"(x {"a": "--oob"})"},
            {R"({"execute": "x"} --oob)", "x {} --oob"},
            {R"(x {"a": 1, 'b': True})", R"(x {"a": 1, "b": true})"},
            {"--oob x --fd f=/a {} --fd g=/b", "x {} --oob --fd f=/a --fd g=/b"},
            {R"({"execute": "add-fd"} --fd f=/a)", "add-fd {} --fd f=/a"}};
}

std::vector<sample> comments()
{
    return {{"", "nothing"},
            {"   ", "nothing"},
            {"# stop", "nothing"},
            {"   # stop", "nothing"},
            {"stop # now", "stop {}"},
            {"stop #", "stop {}"},
            {"x a=1 # b=2", R"(x {"a": 1})"},
            {"x a=b#c", R"(x {"a": "b#c"})"},
            {"x a=#c", R"(x {"a": "#c"})"},
            {"x a=\"b # c\"", R"(x {"a": "b # c"})"},
            {"x a=b # it's", R"(x {"a": "b"})"},
            {"x a=b # {", R"(x {"a": "b"})"},
            {"x a={'b': '# c'}", R"(x {"a": {"b": "# c"}})"}};
}

std::vector<sample> meta_commands()
{
    return {{":events", ":events []"},
            {"  :events", ":events []"},
            {":events SHUTDOWN STOP", ":events [SHUTDOWN STOP]"},
            {":events   SHUTDOWN  ", ":events [SHUTDOWN]"},
            {":events SHUTDOWN # only", ":events [SHUTDOWN]"},
            {":hmp info block \"a # b\"", ":hmp [info block \"a # b\"]"},
            {":hmp it's # a comment", ":hmp [it's]"},
            {":x a=\"", ":x [a=\"]"},
            {"help", ":help []"},
            {"help stop", ":help [stop]"},
            {"help  stop ", ":help [stop]"},
            {":help stop", ":help [stop]"},
            {"helper", "helper {}"},
            {"exit", ":exit []"},
            {" exit ", ":exit []"},
            {"exit now=1", R"(exit {"now": 1})"},
            {"quit", "quit {}"},
            {":", "^0 a name is missing after the colon: `:help` lists all"},
            {"  : x", "^2 a name is missing after the colon: `:help` lists all"}};
}

std::vector<sample> raw_commands()
{
    return {{R"({"execute": "stop"})", "stop {}"},
            {R"(  {"execute":"stop"}  )", "stop {}"},
            {R"({"execute": "x", "arguments": {"a": "007", "b": {"c": []}}})", R"(x {"a": "007", "b": {"c": []}})"},
            {R"({"execute": "stop", "id": 7})", "stop {} id 7"},
            {R"({"execute": "stop", "id": null})", "stop {} id null"},
            {R"({"id": {"a": 1}, "execute": "stop"})", R"(stop {} id {"a": 1})"},
            {R"({"exec-oob": "yank", "arguments": {"instances": []}})", R"(yank {"instances": []} --oob)"},
            {R"({'execute': 'stop'})", "stop {}"},
            {R"({"execute": "stop"} # now)", "stop {}"},
            {"{\"execute\":\n\"stop\"}", "stop {}"},
            {"{\n  \"execute\": \"x\",\n  \"arguments\": {\n    \"a\": 1\n  }\n}", R"(x {"a": 1})"},
            {"{ # a command\n\"execute\": # its name\n\"stop\"\n} # done", "stop {}"}};
}

std::vector<sample> braces_over_lines()
{
    return {{"x a={\n'b': 1}", R"(x {"a": {"b": 1}})"},
            {"x a={'b':\n1} c=2", R"(x {"a": {"b": 1}, "c": 2})"},
            {"x a=[1,\n\n2] b=[3,\n4]", R"(x {"a": [1, 2], "b": [3, 4]})"},
            {"x a=[1,\n2] b={\n} c=3", R"(x {"a": [1, 2], "b": {}, "c": 3})"},
            {"x a=[\n# none\n]", R"(x {"a": []})"},
            {"x a=[\n:help\n]", "^0 1 back a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"},
            {"x a=[ # it's\n1]", R"(x {"a": [1]})"}};
}

void check(sample const& what)
{
    BOOST_TEST(read_all(what.typed, nullptr) == what.meaning);
}

/// As the value of an argument, alone and between two others.
void check_value(sample const& what, std::string const& equals)
{
    BOOST_TEST(read_all("x a" + equals + what.typed, nullptr) == R"(x {"a": )" + what.meaning + "}");
    BOOST_TEST(read_all("x o=1 a" + equals + what.typed + " p=2", nullptr) ==
               R"(x {"o": 1, "a": )" + what.meaning + R"(, "p": 2})");
    BOOST_TEST(read_all("x a.b" + equals + what.typed, nullptr) == R"(x {"a": {"b": )" + what.meaning + "}}");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(syntax_suite)

BOOST_DATA_TEST_CASE(words_are_separated_by_white_space, data::make(words()), typed)
{
    check(typed);
}

BOOST_DATA_TEST_CASE(a_bare_word_of_unknown_type_is_what_it_looks_like, data::make(guesses()), typed)
{
    check_value(typed, "=");
}

BOOST_DATA_TEST_CASE(quotes_quote, data::make(quotes()), typed)
{
    check_value(typed, "=");
}

BOOST_DATA_TEST_CASE(braces_hold_json_or_python, data::make(braces()), typed)
{
    check_value(typed, "=");
}

BOOST_DATA_TEST_CASE(colon_and_equals_take_exact_json, data::make(exact_values()), typed)
{
    check_value(typed, ":=");
}

BOOST_DATA_TEST_CASE(dots_nest, data::make(dotted_keys()), typed)
{
    check(typed);
}

BOOST_DATA_TEST_CASE(options_stand_anywhere, data::make(options()), typed)
{
    check(typed);
}

BOOST_DATA_TEST_CASE(comments_are_no_words, data::make(comments()), typed)
{
    check(typed);
}

BOOST_DATA_TEST_CASE(a_colon_is_for_the_shell, data::make(meta_commands()), typed)
{
    check(typed);
}

BOOST_DATA_TEST_CASE(a_raw_command_is_taken_as_it_is, data::make(raw_commands()), typed)
{
    check(typed);
}

BOOST_DATA_TEST_CASE(open_braces_go_on_in_the_next_line, data::make(braces_over_lines()), typed)
{
    check(typed);
}

BOOST_AUTO_TEST_CASE(the_prompt_can_tell_that_a_brace_is_open)
{
    line_reader reader;
    BOOST_TEST(!reader.in_brace());
    BOOST_TEST(in_words(reader.read("x a={")) == "nothing");
    BOOST_TEST(reader.in_brace());
    BOOST_TEST(in_words(reader.read("}")) == R"(x {"a": {}})");
    BOOST_TEST(!reader.in_brace());
}

BOOST_AUTO_TEST_CASE(reset_forgets_an_open_brace)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("x a={")) == "nothing");
    reader.reset();
    BOOST_TEST(!reader.in_brace());
    BOOST_TEST(in_words(reader.read("stop")) == "stop {}");
}

BOOST_AUTO_TEST_CASE(a_quote_that_is_open_at_the_end_of_a_line_ends_the_open_brace)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("x a={")) == "nothing");
    BOOST_TEST(in_words(reader.read(" 'b: 1}")) == "^1 the quote that begins here is not closed");
    BOOST_TEST(!reader.in_brace());
    BOOST_TEST(in_words(reader.read("stop")) == "stop {}");
}

BOOST_AUTO_TEST_CASE(a_meta_command_knows_where_its_rest_begins)
{
    line_reader reader;
    auto const column = [&reader](std::string_view line) {
        statement const what = reader.read(line);
        auto const* meta = std::get_if<meta_command>(&what);
        BOOST_TEST_REQUIRE((meta != nullptr));
        return meta->rest_column;
    };
    BOOST_TEST(column(":events STOP") == 8U);
    BOOST_TEST(column("  :events   STOP") == 12U);
    BOOST_TEST(column("help stop") == 5U);
    BOOST_TEST(column(":events") == 7U);
}

BOOST_AUTO_TEST_SUITE_END()
