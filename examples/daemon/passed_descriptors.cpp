#include "daemon/passed_descriptors.hpp"

#include <coqmp/descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace coqmp_daemon {

namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START

std::string taken_variable(char const* name)
{
    // NOLINTBEGIN(concurrency-mt-unsafe): before there is a second thread
    char const* const value = std::getenv(name);
    std::string result = value != nullptr ? value : "";
    ::unsetenv(name);
    // NOLINTEND(concurrency-mt-unsafe)
    return result;
}

/// @return 0: it is not a number
int positive_number_in(std::string_view text)
{
    int result = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    return error == std::errc() && end == text.data() + text.size() ? result : 0;
}

}  // namespace

std::vector<coqmp::stored_descriptor> take_passed_descriptors()
{
    std::string const process = taken_variable("LISTEN_PID");
    std::string const count = taken_variable("LISTEN_FDS");
    std::string const all_names = taken_variable("LISTEN_FDNAMES");
    std::vector<coqmp::stored_descriptor> result;
    if (positive_number_in(process) != ::getpid())  // the variables were meant for a parent process
        return result;
    std::string_view names = all_names;
    for (int number = first_passed; number - first_passed < positive_number_in(count); ++number) {
        std::string const name(names.substr(0, names.find(':')));
        names.remove_prefix(std::min(name.size() + 1, names.size()));
        if (::fcntl(number, F_SETFD, FD_CLOEXEC) == 0)
            result.push_back({name, coqmp::descriptor(number)});
    }
    return result;
}

}  // namespace coqmp_daemon
