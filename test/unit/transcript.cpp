// Transcripts of sessions as text.
#include <coqmp/testing/transcript.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

using coqmp::direction;
using coqmp::testing::transcript;

BOOST_AUTO_TEST_SUITE(transcript_)

BOOST_AUTO_TEST_CASE(has_one_line_for_each_message)
{
    transcript tape;
    tape.add(direction::received, "{\"QMP\": {\r\n    \"version\": 1}}\r\n");
    tape.add(direction::sent, R"({"execute":"stop"})");
    BOOST_TEST(tape.to_string() == "< {\"QMP\": {      \"version\": 1}}\n> {\"execute\":\"stop\"}\n");
    BOOST_TEST((transcript::parse(tape.to_string()) == tape));
}

BOOST_AUTO_TEST_CASE(may_have_comments)
{
    auto const tape = transcript::parse("# QEMU 9.2\r\n\r\n  >{}\r\n<   []");
    BOOST_REQUIRE(tape.messages().size() == 2);
    BOOST_TEST((tape.messages()[0] == transcript::message{direction::sent, "{}"}));
    BOOST_TEST((tape.messages()[1] == transcript::message{direction::received, "[]"}));
}

BOOST_AUTO_TEST_CASE(names_the_line_that_is_not_a_message)
{
    auto const names_line_2 = [](std::runtime_error const& error) {
        return std::string(error.what()) == "line 2 of the transcript begins with neither > nor <: {}";
    };
    BOOST_CHECK_EXCEPTION(static_cast<void>(transcript::parse("> {}\n{}\n")), std::runtime_error, names_line_2);
}

BOOST_AUTO_TEST_CASE(is_saved_and_loaded)
{
    coqmp::test::temporary_directory const directory;
    std::string const file = (directory.path() / "tape").native();
    transcript tape;
    tape.add(direction::sent, "{}");
    tape.save(file);
    tape.add(direction::received, R"({"a": "\u00e4"})");
    tape.save(file);
    BOOST_TEST((transcript::load(file) == tape));
    BOOST_CHECK_EXCEPTION(static_cast<void>(transcript::load(file + "x")), std::system_error,
                          [](std::system_error const& error) { return error.code() == std::errc::no_such_file_or_directory; });
    BOOST_CHECK_THROW(tape.save(directory.path().native()), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
