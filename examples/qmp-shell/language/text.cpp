#include "language/text.hpp"

#include <fnmatch.h>

namespace qmp_shell {

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> result;
    for (std::size_t begin = text.find_first_not_of(white); begin != std::string_view::npos;) {
        std::size_t const end = text.find_first_of(white, begin);
        result.emplace_back(text.substr(begin, end - begin));
        begin = end == std::string_view::npos ? end : text.find_first_not_of(white, end);
    }
    return result;
}

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> result;
    while (!text.empty()) {
        std::size_t const end = text.find('\n');
        result.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return result;
}

std::string joined(std::vector<std::string> const& parts, std::string_view between)
{
    std::string result;
    for (std::string const& each : parts)
        result.append(&each == &parts.front() ? "" : between).append(each);
    return result;
}

bool matches(std::string const& pattern, std::string const& name)
{
    return ::fnmatch(pattern.c_str(), name.c_str(), FNM_CASEFOLD) == 0;
}

}  // namespace qmp_shell
