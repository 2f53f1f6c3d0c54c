#include "places.hpp"

#include "daemon/configuration/problem_list.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace coqmpd {

namespace {

std::string variable(char const* name)
{
    char const* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no thread of ours changes the environment
    return value != nullptr ? value : "";
}

/// systemd separates several directories with colons.
std::string first_of(std::string const& directories)
{
    return directories.substr(0, directories.find(':'));
}

std::string below_home(place_sources const& sources, std::string const& preferred, std::string_view otherwise,
                       std::string_view variable_name)
{
    if (!preferred.empty())
        return preferred + "/coqmp";
    if (sources.home.empty())
        throw coqmp_daemon::configuration_error({"neither HOME nor " + std::string(variable_name) + " is set"});
    return sources.home + std::string(otherwise) + "/coqmp";
}

std::string users_runtime(place_sources const& sources)
{
    if (sources.runtime_home.empty())
        throw coqmp_daemon::configuration_error(
            {"XDG_RUNTIME_DIR is not set, so there is no directory for sockets that belongs to this user; set it, or run coqmpd "
             "as "
             "root"});
    return sources.runtime_home + "/coqmp";
}

}  // namespace

place_sources place_sources::ours()
{
    place_sources result;
    result.user = ::geteuid();
    result.home = variable("HOME");
    result.configuration_home = variable("XDG_CONFIG_HOME");
    result.state_home = variable("XDG_STATE_HOME");
    result.runtime_home = variable("XDG_RUNTIME_DIR");
    result.runtime_directory = variable("RUNTIME_DIRECTORY");
    result.state_directory = variable("STATE_DIRECTORY");
    return result;
}

places find_places(place_sources const& sources, std::string const& configuration)
{
    bool const is_root = sources.user == 0;
    places result;
    if (!configuration.empty())
        result.configuration = configuration;
    else
        result.configuration =
            is_root ? "/etc/coqmp" : below_home(sources, sources.configuration_home, "/.config", "XDG_CONFIG_HOME");
    if (!sources.runtime_directory.empty())
        result.runtime = first_of(sources.runtime_directory);
    else
        result.runtime = is_root ? "/run/coqmp" : users_runtime(sources);
    if (!sources.state_directory.empty())
        result.state = first_of(sources.state_directory);
    else
        result.state = is_root ? "/var/lib/coqmp" : below_home(sources, sources.state_home, "/.local/state", "XDG_STATE_HOME");
    return result;
}

}  // namespace coqmpd
