// `{fd:NAME}` in arguments.
#include "machine/descriptor_names.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <string>
#include <vector>

using coqmp::descriptor;
using coqmp::launch_options;
using namespace coqmp::detail;

namespace {

struct fixture
{
    launch_options options;

    void descriptors(std::vector<char const*> names)
    {
        for (char const* const name : names)
            options.descriptors.emplace(name, descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    }

    std::string replaced(std::string argument, int first)
    {
        options.arguments = {std::move(argument)};
        replace_descriptor_names(options, first);
        return options.arguments.front();
    }

    std::string mismatch(std::string argument)
    {
        options.arguments = {std::move(argument)};
        return why_names_do_not_match(options).value_or("they match");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_descriptor_name, fixture)

BOOST_AUTO_TEST_CASE(becomes_a_number_in_the_order_of_names)
{
    descriptors({"tap", "disk", "vhost"});
    BOOST_TEST(replaced("tap,id=n0,fd={fd:tap},vhostfd={fd:vhost}", 4) == "tap,id=n0,fd=5,vhostfd=6");
    BOOST_TEST(replaced("{fd:disk}{fd:disk}", 3) == "33");
}

BOOST_AUTO_TEST_CASE(leaves_other_braces_alone)
{
    descriptors({"a"});
    for (char const* const text :
         {"{\"driver\":\"raw\",\"file\":{\"driver\":\"file\"}}", "", "{", "{fd", "{fd:", "{fd:a", "{a}", "{ fd:a}"})
        BOOST_TEST(replaced(text, 3) == text);
    BOOST_TEST(replaced("{\"fd\":\"{fd:a}\"}", 3) == "{\"fd\":\"3\"}");
}

BOOST_AUTO_TEST_CASE(must_belong_to_a_descriptor)
{
    descriptors({"tap"});
    BOOST_TEST(mismatch("fd={fd:tap},x={fd:tab}") == "the arguments use {fd:tab}, but there is no descriptor of that name");
    BOOST_TEST(mismatch("fd={fd:tap},x={fd:}") == "the arguments use {fd:}, but there is no descriptor of that name");
    BOOST_TEST(mismatch("fd={fd:tap}") == "they match");
}

BOOST_AUTO_TEST_CASE(must_be_used)
{
    descriptors({"disk", "tap"});
    BOOST_TEST(mismatch("fd={fd:tap}") == "no argument uses the descriptor \"disk\": write {fd:disk} where its number belongs");
}

BOOST_AUTO_TEST_CASE(must_have_a_descriptor_that_is_not_empty)
{
    options.descriptors.emplace("tap", descriptor(-1));
    BOOST_TEST(mismatch("fd={fd:tap}") == "the descriptor \"tap\" is empty");
}

BOOST_AUTO_TEST_SUITE_END()
