// What is wrong, where, and what would be right.
#include "statements.hpp"
#include "support/sample_schema.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;
using coqmp::test::sample_schema;

namespace {

/// `typed` has a line below it whose caret shows where the error is.
struct pointed
{
    std::string typed;
    std::string caret;
    std::string message;
};

std::ostream& operator<<(std::ostream& out, pointed const& what)
{
    return out << what.typed;
}

std::string const second_object =
    "another object begins here: each command is a line of its own, and ; stands between the actions of a transaction";

std::vector<pointed> in_keys()
{
    return {
        {"x a", "  ^", "`a` has no value: write a=VALUE"},
        {"x a=1 b", "      ^", "`b` has no value: write b=VALUE"},
        {"x =1", "  ^", "the name of the argument is missing before the equals sign"},
        {"x :=1", "  ^", "the name of the argument is missing before the equals sign"},
        {"x .a=1", "  ^", "a name is missing beside this dot: nested names are written a.b.c"},
        {"x a.=1", "   ^", "a name is missing beside this dot: nested names are written a.b.c"},
        {"x a..b=1", "    ^", "a name is missing beside this dot: nested names are written a.b.c"},
        {"x \"a\"=1", "  ^", "the name of an argument is written without quotes"},
        {"x a\"b\"=1", "   ^", "the name of an argument is written without quotes"},
        {"x b=1 {\"a\": 1}", "      ^", "an argument begins with its name: write name=VALUE"},
        {"x {\"a\": 1} b=2", "           ^", "the object holds all arguments: only options may stand beside it"},
        {"x {\"a\": 1} {}", "           ^", second_object},
        {"x {\"a\": 1}{}", "          ^", second_object},
        {"x {\"a\": }", "        ^", "a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"},
        {"x \"a b\"", "  ^", "an argument begins with its name: write name=VALUE"},
        {"x a=1 a=2", "      ^", "`a` is there twice: leave one of them out"},
        {"x a.b=1 a.b=2", "        ^", "`a.b` is there twice: leave one of them out"},
        {"x a=1 a.b=2", "      ^", "`a` has a value already and cannot have members, too: leave `a` or `a.b` out"},
        {"x a.b=1 a=2", "        ^", "`a` has members already, as `a.b`: it cannot have a value, too"},
        {"x a.b=1 a.b.c=2", "        ^", "`a.b` has a value already and cannot have members, too: leave `a.b` or `a.b.c` out"}};
}

std::vector<pointed> in_names()
{
    return {{"a=1", "^", "a command's name comes first, then its arguments"},
            {"-x", "^", "a command's name comes first; options begin with two dashes: --oob, --fd NAME=PATH"},
            {"\"stop\"", "^", "no command has such a character in its name"},
            {"sto\"p\"", "   ^", "no command has such a character in its name"},
            {"[1]", "^", "no command has such a character in its name"},
            {"stop; cont", "    ^", "each command is a line of its own: ; stands only between the actions of a transaction"},
            {")", "^", "no transaction is open: `transaction(` opens one"},
            {"--oob", "^", "the name of a command is missing after the options"},
            {"  --fd a=b", "  ^", "the name of a command is missing after the options"},
            {"--fd", "^", "the name of a command is missing after the options"}};
}

std::vector<pointed> in_options()
{
    return {{"x --fd", "  ^", "--fd needs a name and a file: --fd NAME=PATH"},
            {"x --fd a", "       ^", "--fd needs a name and a file: --fd NAME=PATH"},
            {"x --fd:r a=/b", "  ^", "--fd has no mode r: write --fd:ro, --fd:wo or --fd:rw"},
            {"x --fd: a=/b", "  ^", "a mode is missing: write --fd:ro, --fd:wo or --fd:rw"},
            {"x --fd =/a", "       ^", "--fd needs a name and a file: --fd NAME=PATH"},
            {"x --fd a=", "       ^", "--fd needs a name and a file: --fd NAME=PATH"},
            {"x --fd=a", "       ^", "--fd needs a name and a file: --fd NAME=PATH"},
            {"x --oops", "  ^", "there is no option --oops: only --oob and --fd NAME=PATH"},
            {"x a=1 --", "      ^", "there is no option --: only --oob and --fd NAME=PATH"}};
}

std::vector<pointed> in_values()
{
    return {
        {"x a=\"b", "    ^", "the quote that begins here is not closed"},
        {"x a=b'", "     ^", "the quote that begins here is not closed"},
        {"x a=\"b\\\"", "    ^", "the quote that begins here is not closed"},
        {"x a=\"b\\q\"", "      ^", "this escape is not valid inside double quotes: write \\\\ for a backslash"},
        {"x a=b\"c\\q\"", "       ^", "this escape is not valid inside double quotes: write \\\\ for a backslash"},
        {"x a=\"\\u12\"", "     ^", "four hexadecimal digits must follow \\u"},
        {"x a=\"\\x1\"", "     ^", "two hexadecimal digits must follow \\x"},
        {"x a=\"\\ud800\"", "     ^", "this is half a character: \\ud800 to \\udbff must be followed by \\udc00 to \\udfff"},
        {"x a=\"\\udc00\"", "     ^", "this is half a character: \\ud800 to \\udbff must be followed by \\udc00 to \\udfff"},
        {"x a=18446744073709551616", "    ^", "this number does not fit into 64 bits: put it in quotes if a text is meant"},
        {"x a=-9223372036854775809", "    ^", "this number does not fit into 64 bits: put it in quotes if a text is meant"},
        {"x a=1e400", "    ^", "this number is too large or too small for a double: put it in quotes if a text is meant"},
        {"x a={b: 1}", "     ^", "a quoted name is expected here, as in {\"name\": value}"},
        {"x a={'b' 1}", "         ^", "a colon is expected here, as in {\"name\": value}"},
        {"x a={'b': }", "          ^", "a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"},
        {"x a={'b': c}", "          ^", "a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"},
        {"x a={'b': 1, 'b': 2}", "             ^", "the member \"b\" is there twice: leave one of them out"},
        {"x a=[1 2]", "       ^", "a comma or ] is expected here"},
        {"x a=[1, , 2]", "        ^", "a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"},
        {"x a=[1}", "      ^", "a comma or ] is expected here"},
        {"x a={'b': 1]", "           ^", "a comma or } is expected here"},
        {"x a={}b=1", "      ^", "something follows where the value ends: put a space before the next argument"},
        {"x a=[18446744073709551616]", "     ^", "this number does not fit into 64 bits: put it in quotes if a text is meant"},
        {"x a:=b", "     ^", "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected"},
        {"x a:=", "     ^", "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected"},
        {"x a:=True", "     ^", "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected"},
        {"x a:='b'", "     ^", "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected"},
        {"x a:=[1,]", "        ^", "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected"},
        {"x a:={'b': 1}", "      ^", "a quoted name is expected here, as in {\"name\": value}"},
        {"x a:=007", "     ^", "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected"},
        {"x a:=\"b\"c", "        ^", "something follows where the value ends: put a space before the next argument"},
        {"x a=\xff", "    ^", "this is not UTF-8, the only encoding that QEMU reads"},
        {"x \xc3", "  ^", "this is not UTF-8, the only encoding that QEMU reads"}};
}

std::vector<pointed> in_habits()
{
    std::string const blanks = "no blanks stand around the equals sign: write ";
    std::string const equals = "an equals sign stands between an argument and its value: write ";
    std::string const dashes = "an argument is written without dashes: write ";
    std::string const commas = "blanks, not commas, stand between arguments: write ";
    return {{"job-dismiss id = n1", "               ^", blanks + "id=n1"},
            {"job-dismiss id =n1", "               ^", blanks + "id=n1"},
            {"job-dismiss id= n1", "                ^", blanks + "id=n1"},
            {"job-dismiss id := 1", "               ^", blanks + "id:=1"},
            {"job-dismiss id =", "               ^", blanks + "id=VALUE"},
            {"transaction( bitmap-add node = n )", "                             ^", blanks + "node=n"},
            {"blockdev-add driver:null-co", "                   ^", equals + "driver=null-co"},
            {"blockdev-add driver: null-co", "                   ^", equals + "driver=null-co"},
            {"blockdev-add file.driver:null-co", "                        ^", equals + "file.driver=null-co"},
            {"blockdev-add nothing:null-co", "             ^",
             "an argument begins with its name: write NAME=nothing:null-co (`help blockdev-add` lists the names)"},
            {"blockdev-add -n", "             ^", "there is no option -n: only --oob and --fd NAME=PATH"},
            {"job-dismiss -n", "            ^", "there is no option -n: only --oob and --fd NAME=PATH"},
            {"blockdev-add driver", "             ^", "`driver` has no value: write driver=VALUE"},
            {"stop now", "     ^", "stop takes no arguments: leave now out"},
            {"block_resize foo 5", "             ^",
             "an argument begins with its name: write NAME=foo (`help block_resize` lists the names)"},
            {"block_resize 5", "             ^", "an argument begins with its name: write size=5"},
            {"blockdev-add -driver null-co", "             ^", dashes + "driver=null-co"},
            {"blockdev-add -driver=null-co", "             ^", dashes + "driver=null-co"},
            {"blockdev-add --driver=null-co", "             ^", dashes + "driver=null-co"},
            {"blockdev-add --driver null-co", "             ^", dashes + "driver=null-co"},
            {"blockdev-add --driver", "             ^", dashes + "driver=VALUE"},
            {"stop ()", "     ^", "`(` belongs to nothing here"},
            {"stop }", "     ^", "`}` belongs to nothing here"},
            {"job-dismiss )", "            ^", "`)` belongs to nothing here"},
            {"device_add virtio-blk-pci,id=x", "                         ^", commas + "driver=virtio-blk-pci id=x"},
            {"device_add virtio-blk-pci,", "                         ^", commas + "driver=virtio-blk-pci"},
            {"device_add driver=a,id=x,bus=b", "                   ^", commas + "driver=a id=x bus=b"},
            {"netdev_add user,id=n", "               ^", commas + "type=user id=n"},
            {"object-add secret,id=n", "                 ^", commas + "qom-type=secret id=n"},
            {"chardev-add null,id=n", "                ^", commas + "backend.type=null id=n"}};
}

std::vector<pointed> in_what_is_not_seen()
{
    std::string const no_break = "there is a no-break space (U+00A0) here";
    std::string const quote = "a typographic quote, which has no meaning here: write \" or '";
    return {{"stop\xC2\xA0", "    ^", no_break},
            {"\xC2\xA0stop", "^", no_break},
            {"x\xC2\xA0"
             "a=1",
             " ^", no_break},
            {"x a\xC2\xA0=1", "   ^", no_break},
            {"x a=1 \xC2\xA0"
             "b=1",
             "      ^", no_break},
            {"x a=1 \xC2\xA0", "      ^", no_break},
            {"transaction( \xC2\xA0"
             "abort )",
             "             ^", no_break},
            {":help\xC2\xA0stop", "     ^", no_break},
            {"stop\xE2\x80\x83", "    ^", "there is a blank that is not a space (U+2003) here"},
            {"stop\xE3\x80\x80", "    ^", "there is a blank that is not a space (U+3000) here"},
            {"st\xE2\x80\x8Bop", "  ^", "there is an invisible character (U+200B) here"},
            {"\xEF\xBB\xBFstop", "^", "there is an invisible character (U+FEFF) here"},
            {"stop\f", "    ^", "there is a control character (U+000C) here"},
            {"x \x01"
             "a=1",
             "  ^", "there is a control character (U+0001) here"},
            {"x a\x7F=1", "   ^", "there is a control character (U+007F) here"},
            {"x a=\xE2\x80\x9C"
             "b c\xE2\x80\x9D",
             "    ^", quote},
            {"x a=\xE2\x80\x98"
             "b\xE2\x80\x99",
             "    ^", quote},
            {"x a:=\xE2\x80\x9C"
             "b\xE2\x80\x9D",
             "     ^", quote},
            {"x \xE2\x80\x9C"
             "a",
             "  ^", quote}};
}

std::vector<pointed> in_raw_commands()
{
    return {{"{}", "^", R"(a raw command has either "execute" or "exec-oob")"},
            {R"({"execute": "a", "exec-oob": "b"})", "^", R"(a raw command has either "execute" or "exec-oob")"},
            {R"({"execute": 1})", "^", R"(the name of the command is a text: {"execute": "query-status"})"},
            {R"({"execute": "a", "arguments": []})", "^", R"("arguments" is an object: {"execute": "stop", "arguments": {}})"},
            {R"({"execute": "a", "argument": {}})", "^",
             R"(a command has no member "argument": only execute or exec-oob, arguments, id)"},
            {R"({"execute": "a"} b=1)", "                 ^",
             R"(only options may follow a raw command: its arguments stand in its "arguments")"},
            {R"({"execute": "a"} b)", "                 ^", "`b` has no value: write b=VALUE"},
            {R"({"execute": "a"} {"execute": "b"})", "                 ^", second_object},
            {R"({"execute": "a"}{"execute": "b"})", "                ^", second_object},
            {R"({"execute": "a",, })", "                ^", R"(a quoted name is expected here, as in {"name": value})"},
            {R"({"execute": "a"}})", "                ^",
             "something follows where the value ends: put a space before the next argument"},
            {R"({"execute"})", "          ^", R"(a colon is expected here, as in {"name": value})"}};
}

std::vector<pointed> in_typed_values()
{
    return {
        {"sample count=abc", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=1e", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=1.5", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=1.5B", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=1.G", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=.5G", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=0x1.5G", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=10Mi", "             ^", "`count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample count=10kb", "             ^",
         "`count` wants an integer, and this may mean powers of 1,000 or of 1,024: write 10k for 1,024, or the number in full"},
        {"sample count=1.5GB", "             ^",
         "`count` wants an integer, and this may mean powers of 1,000 or of 1,024: write 1.5G for 1,024, or the number in full"},
        {"sample count=1.3K", "             ^",
         "`count` wants an integer, and of this a fraction is left: write the number in full"},
        {"sample count=0.00048828125K", "             ^",
         "`count` wants an integer, and of this a fraction is left: write the number in full"},
        {"sample count=16E", "             ^", "`count` wants an integer of 64 bits, and this is too large for them"},
        {"sample count=99999999999999999999", "             ^",
         "`count` wants an integer of 64 bits, and this is too large for them"},
        {"sample count=-9E", "             ^", "`count` wants an integer of 64 bits, and this is too large for them"},
        {"sample flag=maybe", "            ^", "`flag` wants true or false"},
        {"sample flag=1", "            ^", "`flag` wants true or false"},
        {"sample ratio=fast", "             ^", "`ratio` wants a number"},
        {"sample nothing=0", "               ^", "`nothing` wants null"},
        {"sample mode=fulll", "            ^", "`mode` wants one of full, top, none: did you mean full?"},
        {"sample names=a", "             ^", "`names` wants an array: write [VALUE, ...], or name.0=VALUE name.1=VALUE"},
        {"sample names.1=a", "       ^",
         "`names.1` is not an item of `names`: the items of an array are numbered from 0, without gaps"},
        {"sample names.x=a", "       ^",
         "`names.x` is not an item of `names`: the items of an array are numbered from 0, without gaps"},
        {"sample counts.0=a", "                ^", "`counts.0` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample nested=a", "              ^", "`nested` wants an object: write {\"name\": VALUE, ...}, or name.member=VALUE"},
        {"sample nested.count=a", "                    ^", "`nested.count` wants an integer, as 10, 0xa, 10G or 1.5G"},
        {"sample text.a=1", "       ^", "`text` wants one value, not members"},
        {"sample whence=somewhere", "              ^", "`whence` wants another kind of value, or one of set, cur, end"},
        {"blockdev-add driver=qcow3", "                    ^",
         "`driver` wants one of file, qcow2, nbd, null-co: did you mean qcow2?"},
        {"sample count=\"1\\q\"", "               ^",
         "this escape is not valid inside double quotes: write \\\\ for a backslash"}};
}

void check(pointed const& what, coqmp::schema const* known)
{
    std::string const column = std::to_string(what.caret.find('^'));
    BOOST_TEST(read_all(what.typed, known) == "^" + column + ' ' + what.message);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(syntax_errors_suite)

BOOST_DATA_TEST_CASE(of_keys, data::make(in_keys()), typed)
{
    check(typed, nullptr);
}

BOOST_DATA_TEST_CASE(of_names, data::make(in_names()), typed)
{
    check(typed, nullptr);
}

BOOST_DATA_TEST_CASE(of_options, data::make(in_options()), typed)
{
    check(typed, nullptr);
}

BOOST_DATA_TEST_CASE(of_values, data::make(in_values()), typed)
{
    check(typed, nullptr);
}

BOOST_DATA_TEST_CASE(of_habits_from_elsewhere, data::make(in_habits()), typed)
{
    check(typed, &sample_schema());
}

BOOST_AUTO_TEST_CASE(what_is_like_a_habit_and_is_none_is_taken)
{
    BOOST_TEST(read_all("object-add data=a,b= qom-type=secret id=x", &sample_schema()) ==
               R"(object-add {"data": "a,b=", "qom-type": "secret", "id": "x"})");
    BOOST_TEST(read_all("device_add driver=a,b", &sample_schema()) == R"(device_add {"driver": "a,b"})");
    BOOST_TEST(read_all("sample text= count=1", &sample_schema()) == R"(sample {"text": "", "count": 1})");
    BOOST_TEST(read_all("sample text= --oob", &sample_schema()) == R"(sample {"text": ""} --oob)");
    BOOST_TEST(read_all("sample text=-driver", &sample_schema()) == R"(sample {"text": "-driver"})");
    BOOST_TEST(read_all("sample text=(", &sample_schema()) == R"(sample {"text": "("})");
}

BOOST_DATA_TEST_CASE(of_characters_that_are_not_seen, data::make(in_what_is_not_seen()), typed)
{
    check(typed, &sample_schema());
}

BOOST_AUTO_TEST_CASE(values_may_hold_any_character)
{
    std::string const odd = "\xC2\xA0\xE2\x80\x9C";
    BOOST_TEST(read_all("x a=\"" + odd + "\"", nullptr) == "x {\"a\": \"" + odd + "\"}");
    BOOST_TEST(read_all("x a=b" + odd, nullptr) == "x {\"a\": \"b" + odd + "\"}");
    BOOST_TEST(read_all("x {'a" + odd + "': 1}", nullptr) == "x {\"a" + odd + "\": 1}");
    BOOST_TEST(read_all("\xC3\xBC \xC3\xBC=\xC3\xBC", nullptr) == "\xC3\xBC {\"\xC3\xBC\": \"\xC3\xBC\"}");
}

BOOST_DATA_TEST_CASE(of_raw_commands, data::make(in_raw_commands()), typed)
{
    check(typed, nullptr);
}

BOOST_DATA_TEST_CASE(of_values_whose_type_is_known, data::make(in_typed_values()), typed)
{
    check(typed, &sample_schema());
}

BOOST_AUTO_TEST_CASE(columns_are_those_of_the_last_line)
{
    BOOST_TEST(read_all("x a={\n  'b' 1}", nullptr) == "^6 a colon is expected here, as in {\"name\": value}");
    BOOST_TEST(read_all("x a={'b':\n1} c", nullptr) == "^3 `c` has no value: write c=VALUE");
}

BOOST_AUTO_TEST_CASE(of_a_long_word_the_beginning_is_quoted)
{
    std::string const word(100'000, 'x');
    std::string const cut = std::string(57, 'x') + "...";
    std::string umlauts;
    for (int count = 0; count < 60; ++count)
        umlauts += "\xC3\xBC";
    BOOST_TEST(read_all("x " + word, nullptr) == "^2 `" + cut + "` has no value: write " + cut + "=VALUE");
    BOOST_TEST(read_all("x " + umlauts, nullptr) == "^2 `" + umlauts + "` has no value: write " + umlauts + "=VALUE");
    BOOST_TEST(read_all("x --" + word, nullptr).size() < 200U);
    BOOST_TEST(read_all("x " + word + "=1 " + word + "=2", nullptr).size() < 200U);
    BOOST_TEST(read_all("device_del " + word, &sample_schema()).size() < 200U);
    BOOST_TEST(read_all("transaction( " + word + " )", &sample_schema()).size() < 200U);
    BOOST_TEST(read_all("sample nested." + word + ".x=1 nested." + word + "=2", &sample_schema()).size() < 300U);
    BOOST_TEST(read_all("x a={'" + word + "': 1, '" + word + "': 2}", nullptr).size() < 200U);
}

BOOST_AUTO_TEST_CASE(an_error_in_an_earlier_line_says_which)
{
    BOOST_TEST(read_all("x a={\n 'b' 1,\n 'c': 2}", nullptr) == "^5 1 back a colon is expected here, as in {\"name\": value}");
    BOOST_TEST(read_all("x .y=[\n]", nullptr) == "^2 1 back a name is missing beside this dot: nested names are written a.b.c");
}

BOOST_AUTO_TEST_CASE(after_an_error_the_next_line_begins_anew)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("x a")).starts_with("^2"));
    BOOST_TEST(in_words(reader.read("stop")) == "stop {}");
    BOOST_TEST(in_words(reader.read("x a={")) == "nothing");
    BOOST_TEST(in_words(reader.read("]")).starts_with("^0"));
    BOOST_TEST(!reader.in_brace());
    BOOST_TEST(in_words(reader.read("stop")) == "stop {}");
}

BOOST_AUTO_TEST_SUITE_END()
