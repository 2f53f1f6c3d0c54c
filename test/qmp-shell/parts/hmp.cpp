// What the human monitor's help lists.
#include "commands/hmp.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace qmp_shell;

BOOST_AUTO_TEST_SUITE(human_texts)

BOOST_AUTO_TEST_CASE(commands_are_found_in_the_text_of_help)
{
    auto const found = listed_in("quit|q  -- quit the emulator\ninfo [subcommand] -- show\nno command here\n", "");
    BOOST_REQUIRE(found.size() == 3U);
    BOOST_TEST(found[0].text == "info");
    BOOST_TEST(found[1].text == "q");
    BOOST_TEST(found[2].description == "quit the emulator");
    auto const lines = listed_in("drive_add [-n] [<bus>:]<slot>\n[file=file][,if=type]\n[,cache=on|off] -- add drive\n", "");
    BOOST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0].text == "drive_add");
    BOOST_TEST(lines[0].description == "add drive");
    auto const subjects = listed_in("info block  -- show blocks\ninfo cpus  -- show CPUs\n", "info ");
    BOOST_REQUIRE(subjects.size() == 2U);
    BOOST_TEST(subjects[0].text == "block");
}

BOOST_AUTO_TEST_SUITE_END()
