// The file that keeps what was typed.
#include "terminal/history.hpp"
#include "../script.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace qmp_shell;

namespace {

using words = std::vector<std::string>;

struct history_file
{
    coqmp::test::temporary_directory directory;
    std::string const file = directory.path() / "history";

    [[nodiscard]] std::string text() const { return test::content(file); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(history_files, history_file)

BOOST_AUTO_TEST_CASE(lines_are_appended_as_they_are_added)
{
    history past(file);
    BOOST_TEST(past.add("query-status"));
    BOOST_TEST(!past.add("query-status"));
    BOOST_TEST(!past.add(" object-add secret"));
    BOOST_TEST(!past.add(""));
    BOOST_TEST(past.add("cont"));
    BOOST_TEST(text() == "query-status\ncont\n");
    BOOST_TEST(history(file).lines() == words({"query-status", "cont"}), boost::test_tools::per_element());
    struct ::stat about{};
    BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(two_shells_share_a_file)
{
    history first(file);
    history second(file);
    first.add("one");
    second.add("two");
    BOOST_TEST(text() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(of_a_huge_file_only_the_end_is_kept)
{
    {
        std::ofstream huge(file);
        for (int line = 0; line < 300'000; ++line)
            huge << "query-status " << line << '\n';
    }
    history const past(file);
    BOOST_TEST(past.lines().size() == history::most_lines);
    BOOST_TEST(past.lines().back() == "query-status 299999");
    BOOST_TEST(std::filesystem::file_size(file) < 100'000U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_left_alone)
{
    std::filesystem::create_directory(file);
    history past(file);
    BOOST_TEST(past.lines().empty());
    BOOST_TEST(past.add("cont"));
    BOOST_TEST(std::filesystem::is_directory(file));
    history nowhere("/nonexistent/history");
    BOOST_TEST(nowhere.add("cont"));
}

BOOST_AUTO_TEST_CASE(a_fifo_does_not_block)
{
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    history past(file);
    BOOST_TEST(past.add("cont"));
}

BOOST_AUTO_TEST_CASE(a_file_full_of_noise_is_made_harmless)
{
    std::ofstream(file) << "a\x1B[2Jb\n\xFF\xFE\n\n";
    history const past(file);
    BOOST_TEST(past.lines().size() == 2U);
    BOOST_TEST(past.lines()[0] == "a[2Jb");
}

BOOST_AUTO_TEST_SUITE_END()
