// What is waited for, and how long.
#include "language/read/wait_line.hpp"

#include "support/sample_schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
namespace json = boost::json;
using namespace qmp_shell;
using coqmp::test::sample_schema;

namespace {

struct sample
{
    std::string typed;
    std::string meaning;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.typed;
}

std::string in_words(mistake const& wrong)
{
    return '^' + std::to_string(wrong.where.column) + ' ' + wrong.message;
}

std::string line_in_words(std::string const& typed)
try {
    wait_line const line = read_wait_line(typed);
    std::string result;
    for (word const& each : line.words)
        result += '[' + each.text + ']';
    return result + (line.limit ? ' ' + std::to_string(line.limit->count()) + " ms" : "");
} catch (mistake const& wrong) {
    return in_words(wrong);
}

std::vector<sample> lines()
{
    return {{"", ""},
            {"copy", "[copy]"},
            {"copy ready", "[copy][ready]"},
            {"copy --timeout 5", "[copy] 5000 ms"},
            {"--timeout 0.25 copy ready", "[copy][ready] 250 ms"},
            {"copy --timeout=0 ready", "[copy][ready] 0 ms"},
            {"DEVICE_DELETED path=\"a b\" # gone", "[DEVICE_DELETED][path=\"a b\"]"},
            {"copy --timeout", "^5 --timeout needs a number of seconds"},
            {"copy --timeout soon", "^15 --timeout takes a number of seconds, up to 1,000,000"},
            {"copy --timeout nan", "^15 --timeout takes a number of seconds, up to 1,000,000"},
            {"copy --timeout inf", "^15 --timeout takes a number of seconds, up to 1,000,000"},
            {"copy --timeout -1", "^15 --timeout takes a number of seconds, up to 1,000,000"},
            {"copy --timeout=5s", "^5 --timeout takes a number of seconds, up to 1,000,000"},
            {"copy --timeoutx=5", "^5 there is no option --timeoutx=5: only --timeout SECONDS"},
            {"copy\xC2\xA0--oob", "^4 there is a no-break space (U+00A0) here"},
            {"copy --oob", "^5 there is no option --oob: only --timeout SECONDS"},
            {"copy \"a", "^5 the quote that begins here is not closed"},
            {"X a={", "^2 a brace is open here"}};
}

wanted_event read(std::string const& typed, coqmp::schema const& known)
{
    return read_wanted_event(read_wait_line(typed).words, known);
}

bool fits(std::string const& typed, std::string const& name, std::string const& members,
          coqmp::schema const& known = sample_schema())
{
    return read(typed, known).fits({name, json::parse(members).as_object(), {}, 0});
}

std::vector<sample> refused_events()
{
    return {{"SHUTDOWM", "^0 no event matches SHUTDOWM (did you mean SHUTDOWN?)"},
            {"NOPE*", "^0 no event matches NOPE*"},
            {"SHUTDOWN geust=true", "^9 SHUTDOWN has no `geust` (did you mean guest?)"},
            {"SHUTDOWN timeout=3", "^9 SHUTDOWN has no `timeout`: a limit is written --timeout SECONDS"},
            {"shut* timeout=3", "^6 shut* has no `timeout`: a limit is written --timeout SECONDS"},
            {"S* geust=true", "^3 S* has no `geust` (did you mean guest?)"},
            {"STOP RESUME", "^5 one event or pattern is waited for, and `RESUME` would be a second"},
            {"STOP shut*", "^5 one event or pattern is waited for, and `shut*` would be a second"},
            {"SHUTDOWN guest", "^9 `guest` has no value: write guest=VALUE"},
            {"SHUTDOWN guest=maybe", "^15 `guest` wants true or false"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wait_line_suite)

BOOST_DATA_TEST_CASE(a_line_has_words_and_a_limit, data::make(lines()), sample)
{
    BOOST_TEST(line_in_words(sample.typed) == sample.meaning);
}

BOOST_AUTO_TEST_CASE(an_event_is_chosen_by_its_name_and_its_data)
{
    std::string const by_guest = R"({"guest": true, "reason": "running"})";
    BOOST_TEST(fits("SHUTDOWN", "SHUTDOWN", by_guest));
    BOOST_TEST(fits("shut*", "SHUTDOWN", by_guest));
    BOOST_TEST(!fits("STOP", "SHUTDOWN", by_guest));
    BOOST_TEST(fits("SHUTDOWN guest=on", "SHUTDOWN", by_guest));
    BOOST_TEST(!fits("SHUTDOWN guest=off", "SHUTDOWN", by_guest));
    BOOST_TEST(fits("SHUTDOWN guest=true reason=running", "SHUTDOWN", by_guest));
    BOOST_TEST(!fits("SHUTDOWN reason=running", "SHUTDOWN", "{}"));
}

BOOST_AUTO_TEST_CASE(nested_data_is_chosen_too_and_nothing_needs_a_schema)
{
    coqmp::schema const nothing;
    BOOST_TEST(fits("X a.b=1", "X", R"({"a": {"b": 1, "c": 2}})", nothing));
    BOOST_TEST(!fits("X a.b=1", "X", R"({"a": 1})", nothing));
    BOOST_TEST(fits("X a=\"1\"", "X", R"({"a": "1"})", nothing));
    BOOST_TEST(fits("X timeout=3", "X", R"({"timeout": 3})", nothing));
}

BOOST_DATA_TEST_CASE(what_can_never_come_is_refused, data::make(refused_events()), sample)
{
    BOOST_CHECK_EXCEPTION((void)read(sample.typed, sample_schema()), mistake,
                          [&sample](mistake const& wrong) { return in_words(wrong) == sample.meaning; });
}

BOOST_AUTO_TEST_SUITE_END()
