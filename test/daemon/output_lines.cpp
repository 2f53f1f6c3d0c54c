// The output of programs, line by line.
#include "daemon/hooks/output_lines.hpp"

#include <boost/test/unit_test.hpp>

#include <iterator>
#include <string>
#include <vector>

using namespace coqmp_daemon;

namespace {

/// The lines of a string that arrives in pieces of this size, each followed by `|`.
std::string lines(std::string const& text, std::size_t piece, output_limits const& limits = {})
{
    output_lines output(limits);
    std::string result;
    for (std::size_t at = 0; at < text.size(); at += piece)
        for (std::string const& each : output.add(std::string_view(text).substr(at, piece)))
            result += each + '|';
    for (std::string const& each : output.finish())
        result += each + '|';
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lines_of_output, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(output_is_divided_wherever_it_is_cut)
{
    for (std::size_t piece = 1; piece < 10; ++piece) {
        BOOST_TEST(lines("one\ntwo\n", piece) == "one|two|");
        BOOST_TEST(lines("one\r\n\ntwo", piece) == "one||two|");
    }
    BOOST_TEST(lines("", 1).empty());
}

BOOST_AUTO_TEST_CASE(a_long_line_is_cut)
{
    for (std::size_t piece = 1; piece < 12; ++piece)
        BOOST_TEST(lines("1234\n12345\n1\n", piece, {4, 50}) == "1234|1234...|1|");
}

BOOST_AUTO_TEST_CASE(lines_beyond_the_limit_are_counted)
{
    output_lines output({10, 2});
    BOOST_TEST(output.add("a\nb\nc\nd\ne").size() == 2U);
    BOOST_TEST(output.finish().empty());
    BOOST_TEST(output.left_out() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
