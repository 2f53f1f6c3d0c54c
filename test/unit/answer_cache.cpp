// The answers that never change while one QEMU runs.
#include "proxy/answer_cache.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string_view>

namespace json = boost::json;
using coqmp::monitor_policy;
using coqmp::proxy::answer_cache;

namespace {

json::object const none;

json::value parsed(std::string_view text)
{
    return json::parse(json::string_view(text));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_answer_cache)

BOOST_AUTO_TEST_CASE(keeps_an_answer_as_qemu_writes_it)
{
    answer_cache cache(monitor_policy::all());
    BOOST_TEST(cache.find("query-name", none) == "");
    BOOST_TEST(cache.store("query-name", parsed(R"({"name":"grün"})")) == R"({"name": "gr\u00FCn"})");
    BOOST_TEST(cache.find("query-name", none) == R"({"name": "gr\u00FCn"})");
    BOOST_TEST(cache.find("query-uuid", none) == "");
}

BOOST_AUTO_TEST_CASE(keeps_an_empty_answer)
{
    answer_cache cache(monitor_policy::all());
    cache.store("query-name", parsed("{}"));
    BOOST_TEST(cache.find("query-name", none) == "{}");
}

BOOST_AUTO_TEST_CASE(knows_what_is_constant)
{
    for (char const* const each : {"query-commands", "query-name", "query-qmp-schema", "query-uuid", "query-version"})
        BOOST_TEST(answer_cache::is_constant(each, none));
    for (char const* const each : {"query-status", "query-events", "query-block", "query-names", ""})
        BOOST_TEST(!answer_cache::is_constant(each, none));
}

BOOST_AUTO_TEST_CASE(has_no_answer_for_arguments_which_qemu_refuses)
{
    answer_cache cache(monitor_policy::all());
    cache.store("query-name", parsed("{}"));
    json::object const some{{"x", 1}};
    BOOST_TEST(!answer_cache::is_constant("query-name", some));
    BOOST_TEST(cache.find("query-name", some) == "");
}

BOOST_AUTO_TEST_CASE(shows_what_the_policy_allows)
{
    answer_cache cache(monitor_policy("mine").allow("stop"));
    cache.store("query-commands", parsed(R"([{"name": "quit"}, {"name": "stop"}])"));
    BOOST_TEST(cache.find("query-commands", none) == R"([{"name": "stop"}])");
    cache.store("query-qmp-schema", parsed(R"([{"name": "quit", "meta-type": "command"}])"));
    BOOST_TEST(cache.find("query-qmp-schema", none) == "[]");
    cache.store("query-version", parsed(R"([{"name": "quit"}])"));
    BOOST_TEST(cache.find("query-version", none) == R"([{"name": "quit"}])");
}

BOOST_AUTO_TEST_CASE(forgets_the_answers_of_another_qemu)
{
    answer_cache cache(monitor_policy::all());
    cache.store("query-name", parsed(R"({"name": "old"})"));
    cache.forget();
    BOOST_TEST(cache.find("query-name", none) == "");
    cache.store("query-name", parsed(R"({"name": "new"})"));
    cache.store("query-name", parsed(R"({"name": "newer"})"));
    BOOST_TEST(cache.find("query-name", none) == R"({"name": "newer"})");
}

BOOST_AUTO_TEST_SUITE_END()
