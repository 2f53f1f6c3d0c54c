// Where the daemon's files and sockets are.
#ifndef COQMPD_PLACES_HPP
#define COQMPD_PLACES_HPP

#include <sys/types.h>

#include <string>

namespace coqmpd {

/// The user and the variables that determine the places. An empty string: the variable is not set.
struct place_sources
{
    ::uid_t user = 0;
    std::string home;                ///< `HOME`
    std::string configuration_home;  ///< `XDG_CONFIG_HOME`
    std::string state_home;          ///< `XDG_STATE_HOME`
    std::string runtime_home;        ///< `XDG_RUNTIME_DIR`
    std::string runtime_directory;   ///< `RUNTIME_DIRECTORY`, which systemd sets for RuntimeDirectory=.
    std::string state_directory;     ///< `STATE_DIRECTORY`, the same for StateDirectory=.

    /// Those of this process.
    [[nodiscard]] static place_sources ours();
};

struct places
{
    std::string configuration;  ///< `/etc/coqmp`
    std::string runtime;        ///< `/run/coqmp`
    std::string state;          ///< `/var/lib/coqmp`

    [[nodiscard]] std::string daemon_file() const { return configuration + "/coqmpd.toml"; }
    [[nodiscard]] std::string machines() const { return configuration + "/machines"; }
    [[nodiscard]] std::string control_socket() const { return runtime + "/control.sock"; }

    friend bool operator==(places const&, places const&) = default;
};

/// The places of root are fixed; those of an ordinary user are in the user's own directories. Without I/O.
/// @param configuration of the command line; empty: the default
/// @throws coqmp_daemon::configuration_error a variable that an ordinary user needs is missing
[[nodiscard]] places find_places(place_sources const& sources, std::string const& configuration);

}  // namespace coqmpd

#endif
