#include "detail/process_status.hpp"

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>

namespace coqmp::detail {

process_status parse_process_status(std::string const& text)
{
    // `1234 (name) S 1 ...`: the name may hold spaces and parentheses, so its end is the last one.
    std::size_t const end_of_name = text.rfind(") ");
    if (end_of_name == std::string::npos || end_of_name + 4 >= text.size())
        return {};
    // From the third field on (proc(5)): the state, the parent, ... and the start time as the 22nd.
    std::istringstream fields(text.substr(end_of_name + 2));
    process_status result;
    fields >> result.state >> result.parent;
    std::string skipped;
    for (int field = 5; field < 22; ++field)
        fields >> skipped;
    fields >> result.start_time;
    return result;
}

process_status read_process_status(std::string const& path)
{
    std::ifstream file(path);
    std::string text;
    // Not std::istreambuf_iterator, which throws if reading fails: with ESRCH, if the process is reaped after the file was opened.
    std::getline(file, text, '\0');
    return parse_process_status(text);
}

process_status status_of(::pid_t process)
{
    return read_process_status("/proc/" + std::to_string(process) + "/stat");
}

}  // namespace coqmp::detail
