#include "language/words.hpp"

#include <coqmp/similar_names.hpp>

#include <fnmatch.h>

#include <sstream>

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

std::vector<std::string_view> parts_of(std::string_view text, char end)
{
    std::vector<std::string_view> result;
    while (!text.empty()) {
        std::size_t const found = text.find(end);
        result.push_back(text.substr(0, found));
        text.remove_prefix(found == std::string_view::npos ? text.size() : found + 1);
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

std::string suggestion(std::vector<std::string> const& suggestions, std::string_view otherwise)
{
    return suggestions.empty() ? std::string(otherwise) : " (" + coqmp::did_you_mean(suggestions) + ')';
}

std::string quoted_for_shell(std::string_view word)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
        return std::string(word);
    std::string result = "'";
    for (char const each : word)
        result += each == '\'' ? std::string("'\\''") : std::string(1, each);
    return result + '\'';
}

std::string in_seconds(std::chrono::nanoseconds duration)
{
    std::ostringstream text;
    text << std::chrono::duration<double>(duration).count() << " s";
    return text.str();
}

}  // namespace qmp_shell
