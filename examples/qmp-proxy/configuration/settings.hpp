// What the proxy is to do: the configuration file and the command line together.
#ifndef QMP_PROXY_CONFIGURATION_SETTINGS_HPP
#define QMP_PROXY_CONFIGURATION_SETTINGS_HPP

#include "configuration/options.hpp"
#include "daemon/access/access_settings.hpp"
#include "daemon/configuration/setting.hpp"

#include <coqmp/endpoint.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace qmp_proxy {

using coqmp_daemon::located;

using coqmp_daemon::account_policy;
using coqmp_daemon::default_policy;
using coqmp_daemon::no_policy;
using coqmp_daemon::policy_settings;

/// `[[listen]]`, or `--listen`.
struct listen_settings : coqmp_daemon::access_settings
{
    located<std::optional<coqmp::endpoint>> address;
};

/// `[[dial]]`, or `--dial`.
struct dial_settings
{
    located<std::optional<coqmp::endpoint>> address;
    located<std::string> policy{default_policy, {}};
    std::optional<std::chrono::milliseconds> reconnect;  ///< Empty: it is dialed once.
};

/// `[limits]`
struct limit_settings
{
    std::size_t clients = 64;
    std::uint64_t message_size = std::uint64_t{1} << 20;
    std::uint64_t event_memory = std::uint64_t{1} << 20;

    friend bool operator==(limit_settings const&, limit_settings const&) = default;
};

struct settings
{
    std::optional<coqmp::endpoint> upstream;
    bool hold = false;
    std::string audit;  ///< Empty: no audit log.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds drain_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(75);
    limit_settings limits;
    coqmp_daemon::policy_map policies;
    std::vector<listen_settings> listen;
    std::vector<dial_settings> dial;
};

/// The command line and the configuration cannot be used together. Its text is one sentence.
class usage_mistake : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Reads the text of a configuration file.
/// @param file its name, for messages
/// @throws coqmp_daemon::configuration_error with all problems
[[nodiscard]] settings parse_settings(std::string_view text, std::string const& file);

/// The configuration file that the command line names, if it names one, and what the command line adds. It blocks for as long as
/// the file system does.
/// @throws coqmp_daemon::configuration_error the file is wrong, or cannot be read or trusted
/// @throws usage_mistake
[[nodiscard]] settings read_settings(options const& line);

/// Adds the command line to a configuration.
/// @throws usage_mistake
[[nodiscard]] settings combine(settings file, options const& line);

}  // namespace qmp_proxy

#endif
