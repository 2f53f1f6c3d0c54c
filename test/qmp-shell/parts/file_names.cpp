// Names of files, for completion.
#include "qemu/file_names.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace qmp_shell;

namespace {

using words = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(names_of_files)

BOOST_AUTO_TEST_CASE(files_are_listed_and_hidden_ones_only_when_begun)
{
    coqmp::test::temporary_directory const directory;
    std::string const path = directory.path().native() + '/';
    std::filesystem::create_directory(path + "images");
    std::ofstream(path + "image.raw") << "";
    std::ofstream(path + ".hidden") << "";
    std::ofstream(path + "image\x1B[2J") << "";  // must not be shown
    auto const texts = [](std::vector<candidate> const& found) {
        std::vector<std::string> result;
        for (candidate const& each : found)
            result.push_back(each.text + (each.final ? "" : "-"));
        std::sort(result.begin(), result.end());
        return result;
    };
    BOOST_TEST(texts(file_names(path + "im")) == (words{path + "image.raw", path + "images/-"}),
               boost::test_tools::per_element());
    BOOST_TEST(texts(file_names(path)) == (words{path + "image.raw", path + "images/-"}), boost::test_tools::per_element());
    BOOST_TEST(texts(file_names(path + ".h")) == words{path + ".hidden"}, boost::test_tools::per_element());
    BOOST_TEST(file_names(path + "nowhere/").empty());
}

BOOST_AUTO_TEST_SUITE_END()
