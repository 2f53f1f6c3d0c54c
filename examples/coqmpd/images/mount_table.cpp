#include "images/mount_table.hpp"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <sstream>

namespace coqmpd {

namespace {

/// The kernel writes spaces and the like as a backslash and three octal digits.
std::string unescape(std::string_view text)
{
    constexpr std::size_t digits = 3;
    std::string result;
    for (std::size_t place = 0; place < text.size(); ++place) {
        std::string_view const code = text.substr(place + 1, digits);
        bool const is_code = text[place] == '\\' && code.size() == digits && code.find_first_not_of("01234567") == code.npos;
        result += is_code ? static_cast<char>((code[0] - '0') * 64 + (code[1] - '0') * 8 + (code[2] - '0')) : text[place];
        place += is_code ? digits : 0;
    }
    return result;
}

}  // namespace

mount_table::mount_table(std::string_view text)
{
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string field;
        for (int number = 1; number <= 5 && fields >> field; ++number)  // the fifth is the mount point
            if (number == 5)
                points_.insert(unescape(field));
    }
}

mount_table mount_table::ours()
{
    std::ifstream stream("/proc/self/mountinfo");
    return mount_table(std::string(std::istreambuf_iterator<char>(stream), {}));
}

std::string mount_table::mount_point_of(std::string_view path) const
{
    while (path.size() > 1 && !points_.contains(path)) {
        std::size_t const slash = path.find_last_of('/');
        path = path.substr(0, slash == path.npos ? 0 : slash);
    }
    return path.empty() ? "/" : std::string(path);
}

}  // namespace coqmpd
