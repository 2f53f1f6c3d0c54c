#include "detail/process_status.hpp"

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace coqmp::detail {

process_status status_of(::pid_t process)
{
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    // `1234 (name) S 1 ...`: the name may hold spaces and parentheses, so its end is the last one.
    std::size_t const end_of_name = text.rfind(") ");
    if (end_of_name == std::string::npos || end_of_name + 4 >= text.size())
        return {};
    return {text[end_of_name + 2], static_cast<::pid_t>(std::strtol(text.c_str() + end_of_name + 4, nullptr, 10))};
}

}  // namespace coqmp::detail
