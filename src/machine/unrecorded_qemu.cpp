#include "machine/unrecorded_qemu.hpp"

#include "detail/harmless_text.hpp"
#include "listener/remote_listener.hpp"
#include "process/account.hpp"

#include <coqmp/endpoint.hpp>

#include <fstream>

namespace coqmp::detail {

namespace {

/// @param process only of one that runs can the command line be read
bool was_launched_with(::pid_t process, std::string const& monitor)
{
    std::string const chardev = qemu_arguments(endpoint::unix_socket(monitor), {}).at(1);
    std::string const path = chardev.substr(chardev.find(",path="));
    std::ifstream arguments("/proc/" + std::to_string(process) + "/cmdline");
    for (std::string each; std::getline(arguments, each, '\0');) {
        auto const found = each.starts_with("socket,") ? each.find(path) : std::string::npos;
        if (found == std::string::npos)
            continue;
        auto const end = found + path.size();
        if (end == each.size() || each[end] == ',')
            return true;
    }
    return false;
}

}  // namespace

bool may_be_qemu(::pid_t process, launch_options const& spec, std::string const& monitor)
{
    return was_launched_with(process, monitor) && user_of(process) == user_of(spec);
}

std::string described_process(::pid_t process)
{
    std::string name;
    std::ifstream file("/proc/" + std::to_string(process) + "/comm");
    std::getline(file, name);
    return "the process " + std::to_string(process) + (name.empty() ? std::string() : " (" + harmless(name) + ')');
}

}  // namespace coqmp::detail
