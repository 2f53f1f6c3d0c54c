// Input that no user types: nothing may crash, recurse without end, or take long.
#include "statements.hpp"
#include "support/sample_schema.hpp"

#include "language/complete/completer.hpp"
#include "language/explain/help.hpp"
#include "language/print.hpp"

#include <coqmp/unexpected_value.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
using namespace qmp_shell;
using namespace qmp_shell::test;
using coqmp::test::sample_schema;

namespace {

std::vector<std::string> const meta = {"events", "help"};

std::string repeated(std::string_view text, std::size_t times)
{
    std::string result;
    for (std::size_t count = 0; count < times; ++count)
        result += text;
    return result;
}

std::string read(std::string const& line)
{
    return read_all(line, &sample_schema());
}

/// Lines that make some sense, to be cut and mixed.
constexpr std::array<std::string_view, 12> pieces = {
    "transaction( snapshot device=a ; abort ) properties.completion-mode=grouped",
    "blockdev-add driver=qcow2 file.driver=file file.filename=\"a b\" read-only=on # x",
    "{\"execute\": \"sample\", \"arguments\": {\"text\": [1, 2.5e3, null]}, \"id\": 7}",
    "sample text='it\\'s' count=0x10 flag:=true nested={'a': (1, None), \"b\": [\"\\u00fc\"]}",
    "--fd a=/b --oob yank instances.0=a instances.1=b",
    ":events STOP",
    "help block",
    "device_add driver=x mq=on addr=5.0",
    "sample names=[\n1,\n2]\ncounts.0=1",
    "x a=json:{\"b\": 1} c",
    "=.=:=..=\"'{[(]}')#;:",
    "\xc3\xbc\xf0\x9f\x98\x80=\xff"};

/// A mutation of one of the pieces, of which each random number says something.
std::string mutated(std::mt19937& random)
{
    auto const below = [&random](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
    std::string line(pieces[below(pieces.size())]);
    for (std::size_t count = below(6); count != 0; --count) {
        std::size_t const position = below(line.size() + 1);
        std::string_view const other = pieces[below(pieces.size())];
        switch (below(4)) {
            case 0:
                line.resize(position);
                break;
            case 1:
                line.insert(position, other.substr(below(other.size()), below(12)));
                break;
            case 2:
                line.insert(position, 1, std::string_view("\"'{}[]()#;:=. \t\\\n,-")[below(18)]);
                break;
            default:
                line.erase(position, below(8));
        }
    }
    return line;
}

/// Damages something inside a JSON value.
void damage(json::value& what, std::mt19937& random)
{
    auto const below = [&random](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
    json::value* place = &what;
    for (int depth = 0; depth < 6; ++depth) {
        if (json::array* items = place->if_array(); items != nullptr && !items->empty())
            place = &(*items)[below(items->size())];
        else if (json::object* members = place->if_object(); members != nullptr && !members->empty())
            place = &(members->begin() + static_cast<std::ptrdiff_t>(below(members->size())))->value();
        if (below(4) == 0)
            break;
    }
    std::array<json::value, 8> const others = {nullptr, 5, "11", "41", "driver", json::array(), json::object(), true};
    *place = others[below(others.size())];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_input_suite)

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused)
{
    BOOST_TEST(read("x a=" + repeated("[", 100'000) + repeated("]", 100'000)).starts_with("^1028 this is nested"));
    BOOST_TEST(read("x a=" + repeated("{'a':", 100'000) + '1' + repeated("}", 100'000)).starts_with("^5124 this is nested"));
    BOOST_TEST(read(repeated("{\"execute\":", 100'000) + repeated("}", 100'000)).starts_with("^"));
    BOOST_TEST(read("x a" + repeated(".a", 1023) + "=1").starts_with("x {"));
    BOOST_TEST(read("x a" + repeated(".a", 1024) + "=1").starts_with("^2 this is nested"));
    BOOST_TEST(read("x a" + repeated(".a", 1'000'000) + "=1").starts_with("^2 this is nested"));
    BOOST_TEST(read("sample nested" + repeated(".deeper", 1000) + ".count=1").starts_with("sample {"));
    BOOST_TEST(read("x a=" + repeated("[", 100'000)) == "nothing");
}

BOOST_AUTO_TEST_CASE(long_lines_take_time_in_proportion)
{
    std::string many = "x";
    for (int count = 0; count < 100'000; ++count)
        many += " a" + std::to_string(count) + ".b=" + std::to_string(count);
    BOOST_TEST(read(many).starts_with("x {"));
    BOOST_TEST(read("x a=" + repeated("\"b\"", 300'000)).starts_with("x {"));
    BOOST_TEST(read("x a=" + repeated("'", 999'999)).starts_with("^"));
    BOOST_TEST(read("x a=[" + repeated("1,", 500'000) + "]").starts_with("x {"));
    BOOST_TEST(read("x " + std::string(1'000'000, 'a') + "=1").starts_with("x {"));
    BOOST_TEST(read("x " + repeated("'", 1'000'000)).starts_with("^"));
    BOOST_TEST(read(":x " + repeated("' \" # ", 100'000)).starts_with(":x"));
    BOOST_TEST(read("transaction(" + repeated("abort;", 100'000) + ")").starts_with("transaction"));
    BOOST_TEST(read("x " + repeated(" ", 1'000'000) + "#").starts_with("x"));
    BOOST_TEST(read("x a." + repeated("b", 10'000) + repeated(".cccccccccc", 1'000) + "=1").starts_with("x {"));
}

BOOST_AUTO_TEST_CASE(many_lines_take_time_in_proportion)
{
    line_reader reader;
    BOOST_TEST(in_words(reader.read("x")) == "x {}");
    BOOST_TEST(in_words(reader.read("x a0=[")) == "nothing");
    for (int count = 1; count < 50'000; ++count)
        if (in_words(reader.read("] a" + std::to_string(count) + "=[")) != "nothing")
            BOOST_FAIL("line " << count);
    BOOST_TEST(in_words(reader.read("]")).starts_with("x {"));
    BOOST_TEST(in_words(reader.read("transaction(")) == "nothing");
    for (int count = 1; count < 50'000; ++count)
        if (in_words(reader.read("abort")) != "nothing")
            BOOST_FAIL("line " << count);
    BOOST_TEST(in_words(reader.read(")")).starts_with("transaction {"));
}

BOOST_AUTO_TEST_CASE(an_open_brace_has_a_limit)
{
    line_reader reader;
    std::string const line(std::size_t{1} << 20, ' ');
    BOOST_TEST(in_words(reader.read("x a=[")) == "nothing");
    std::string result = "nothing";
    for (int count = 0; count < 100 && result == "nothing"; ++count)
        result = in_words(reader.read(line));
    BOOST_TEST(result == "^0 this is over 64 MiB, more than QEMU reads");
    BOOST_TEST(!reader.in_brace());
}

BOOST_AUTO_TEST_CASE(a_line_over_the_limit_is_refused_before_it_is_looked_at)
{
    // What it holds would be refused for another reason, in another column.
    std::string const longest(std::size_t{64} << 20, '\xff');
    BOOST_TEST(read(longest + '\xff') == "^0 this is over 64 MiB, more than QEMU reads");
    BOOST_TEST(read(longest) == "^0 this is not UTF-8, the only encoding that QEMU reads");
    line_reader reader;
    BOOST_TEST(in_words(reader.read("x a=[")) == "nothing");
    BOOST_TEST(in_words(reader.read(longest)) == "^0 this is over 64 MiB, more than QEMU reads");
    BOOST_TEST(!reader.in_brace());
    BOOST_TEST(in_words(reader.read("stop")) == "stop {}");
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_line_can_be_read_and_completed)
{
    for (std::string_view const piece : pieces)
        for (std::size_t length = 0; length <= piece.size(); ++length)
            for (bool const in_transaction : {false, true}) {
                line_reader reader;
                reader.use(&sample_schema());
                if (in_transaction)
                    BOOST_TEST(in_words(reader.read("transaction(")) == "nothing");
                BOOST_TEST(!in_words(reader.read(piece.substr(0, length))).empty());
                completion const what = complete(piece.substr(0, length), sample_schema(), meta, in_transaction);
                BOOST_TEST(what.begin <= length);
            }
}

BOOST_AUTO_TEST_CASE(damaged_lines_are_read_or_refused)
{
    std::mt19937 random(5);  // NOLINT: the same lines each time
    line_reader reader;
    reader.use(&sample_schema());
    for (int count = 0; count < 50'000; ++count) {
        std::string const line = mutated(random);
        statement const what = reader.read(line);
        auto const* error = std::get_if<syntax_error>(&what);
        if (error != nullptr && ((error->lines_back == 0 && error->column > line.size()) || error->message.empty()))
            BOOST_FAIL("column " << error->column << " of " << line);
        if (complete(line, sample_schema(), meta, reader.in_transaction()).begin > line.size())
            BOOST_FAIL("completion of " << line);
        lexer const* const begun = reader.in_brace() ? &reader.begun() : nullptr;
        if (complete(line, sample_schema(), meta, reader.in_transaction(), begun).begin > line.size())
            BOOST_FAIL("completion of the rest " << line);
    }
}

BOOST_AUTO_TEST_CASE(what_a_command_became_can_be_typed_again_as_a_raw_one)
{
    std::mt19937 random(7);  // NOLINT: the same lines each time
    for (int count = 0; count < 5'000; ++count) {
        line_reader reader;
        reader.use(&sample_schema());
        statement const what = reader.read(mutated(random));
        auto const* command = std::get_if<typed_command>(&what);
        if (command == nullptr)
            continue;
        json::object raw;
        raw["execute"] = command->name;
        raw["arguments"] = command->arguments;
        line_reader again;
        BOOST_TEST(in_words(again.read(print(json::value(raw), {}))) == command->name + ' ' + print(command->arguments, {}));
    }
}

BOOST_AUTO_TEST_CASE(damaged_schemas_are_survived)
{
    std::mt19937 random(9);  // NOLINT: the same schemas each time
    json::value const whole = coqmp::test::sample_reply();
    for (int count = 0; count < 1'000; ++count) {
        json::value reply = whole;
        for (std::size_t times = 1 + static_cast<std::size_t>(random()) % 8; times != 0; --times)
            damage(reply, random);
        coqmp::schema known;
        try {
            known = coqmp::schema(reply);
        } catch (coqmp::unexpected_value const&) {  // not even an array
        }
        for (std::string const& name : known.command_names())
            BOOST_TEST(!describe_command(known, name, 80).empty());
        line_reader reader;
        reader.use(&known);
        for (std::string_view const piece : pieces) {
            BOOST_TEST(!in_words(reader.read(piece)).empty());
            BOOST_TEST(complete(piece.substr(0, piece.size() / 2), known, meta).begin <= piece.size());
            reader.reset();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
