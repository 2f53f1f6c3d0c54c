// One copy of a schema for all sessions of a version.
#include "schema/schema_cache.hpp"

#include "support/sample_schema.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>
#include <vector>

using coqmp::schema;
using coqmp::detail::schema_cache;

namespace {

schema fresh()
{
    return schema(coqmp::test::sample_reply());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_cache_suite)

BOOST_AUTO_TEST_CASE(a_schema_is_found_by_its_version)
{
    schema_cache cache;
    BOOST_TEST(cache.find("7.2").empty());
    schema const kept = cache.keep("7.2", fresh());
    BOOST_TEST((cache.find("7.2") == kept));
    BOOST_TEST(cache.find("7.2.1").empty());
}

BOOST_AUTO_TEST_CASE(the_first_of_two_that_were_asked_for_at_once_is_kept)
{
    schema_cache cache;
    schema const first = cache.keep("7.2", fresh());
    schema const second = cache.keep("7.2", fresh());
    BOOST_TEST((first == second));
}

BOOST_AUTO_TEST_CASE(versions_that_were_used_longest_ago_are_dropped)
{
    schema_cache cache;
    schema const kept = cache.keep("used", fresh());
    for (std::size_t version = 1; version < 3 * schema_cache::most_versions; ++version) {
        (void)cache.keep(std::to_string(version), fresh());
        BOOST_TEST((cache.find("used") == kept));
    }
    BOOST_TEST(cache.find("1").empty());
    BOOST_TEST(!cache.find(std::to_string(3 * schema_cache::most_versions - 1)).empty());
}

BOOST_AUTO_TEST_CASE(threads_share_it)
{
    schema_cache cache;
    std::vector<schema> found(4);
    std::vector<std::thread> threads;
    for (schema& each : found)
        threads.emplace_back([&cache, &each] { each = cache.keep("7.2", fresh()); });
    for (std::thread& each : threads)
        each.join();
    for (schema const& each : found)
        BOOST_TEST((each == found.front()));
}

BOOST_AUTO_TEST_SUITE_END()
