#include "process_tree.hpp"

#include "pidfd.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

// glibc 2.36 does not declare its functions extern "C".
extern "C" {}

namespace coqmp::detail {

namespace {

std::filesystem::path const proc = "/proc";

std::vector<::pid_t> children_of(::pid_t process)
{
    std::vector<::pid_t> children;
    std::error_code error;
    // Each thread has children of its own.
    std::filesystem::directory_iterator thread(proc / std::to_string(process) / "task", error);
    while (!error && thread != std::filesystem::directory_iterator()) {
        std::ifstream list(thread->path() / "children");
        children.insert(children.end(), std::istream_iterator<::pid_t>(list), std::istream_iterator<::pid_t>());
        thread.increment(error);
    }
    return children;
}

}  // namespace

::pid_t parent_of(::pid_t process)
{
    std::ifstream file(proc / std::to_string(process) / "stat");
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    // `1234 (name) S 1 ...`: the name may hold spaces and parentheses, so its end is the last one.
    std::size_t const end_of_name = text.rfind(") ");
    if (end_of_name == std::string::npos || end_of_name + 4 >= text.size())
        return 0;
    return static_cast<::pid_t>(std::strtol(text.c_str() + end_of_name + 4, nullptr, 10));
}

std::vector<::pid_t> lineage_of(::pid_t process)
{
    std::vector<::pid_t> line;
    // The bound is for a tree that changes under our feet.
    while (process > 0 && line.size() < 1024) {
        line.push_back(process);
        process = parent_of(process);
    }
    return line;
}

std::vector<descriptor> open_descendants(::pid_t process)
{
    std::vector<descriptor> found;
    std::vector<::pid_t> parents{process};
    while (!parents.empty() && found.size() < 1024) {
        ::pid_t const parent = parents.back();
        parents.pop_back();
        for (::pid_t const child : children_of(parent)) {
            int const number = open_pidfd(child);
            if (number < 0)
                continue;
            descriptor const handle(number);
            // Asked after it was opened: a process that got the number of a dead child has another parent.
            if (parent_of(child) != parent)
                continue;
            found.push_back(handle);
            parents.push_back(child);
        }
    }
    return found;
}

}  // namespace coqmp::detail
