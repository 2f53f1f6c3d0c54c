// Runs a fuzz target over the files of its corpus: a test for every compiler, without libFuzzer.
#include "expect.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::vector<std::filesystem::path> files_of(std::filesystem::path const& where)
{
    std::vector<std::filesystem::path> found;
    if (is_directory(where)) {
        for (auto const& each : std::filesystem::directory_iterator(where))
            found.push_back(each.path());
        std::sort(found.begin(), found.end());
    } else {
        found.push_back(where);
    }
    return found;
}

void replay(std::filesystem::path const& file)
{
    std::cout << file.filename().string() << std::endl;  // flushed, so that the last name is the file that failed
    std::ifstream in(file, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot read " + file.string());
    std::vector<char> const bytes{std::istreambuf_iterator<char>(in), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** arguments)
try {
    std::size_t replayed = 0;
    for (int index = 1; index < count; ++index) {
        for (auto const& file : files_of(arguments[index])) {
            replay(file);
            ++replayed;
        }
    }
    std::cout << replayed << " files replayed" << std::endl;
    return replayed == 0;  // a test without files proves nothing
} catch (std::exception const& error) {
    std::cerr << error.what() << std::endl;
    return 1;
}
