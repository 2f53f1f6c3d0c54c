// Which commands a client of a shared monitor may execute.
#ifndef COQMP_MONITOR_POLICY_HPP
#define COQMP_MONITOR_POLICY_HPP

#include <coqmp/command_error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// A name, and the commands that it allows. A command that is not listed is refused, and so is any command that a later QEMU
/// introduces.
///
/// The built-in policies have been reviewed for QEMU 2.12 to 10.0. None but `all` allows unstable commands (`x-...`),
/// `human-monitor-command`, `qom-get` (which returns the data of a `secret` object), or commands that capture the guest's
/// screen or memory.
/// - `read-only`: commands that only read, open nothing, and reveal no secret by themselves. (`query-block` shows the names of
///   images: a password that is part of an image's URL is shown with it.)
/// - `backup`: also dirty bitmaps, jobs, nodes of the block layer, NBD and other exports, descriptors, and transactions of these. Its
///   clients are trusted with the guest's disks, with every job, and with every file and address that QEMU's process may open. They
///   can neither pause the guest nor add or remove its devices.
/// - `operator`: also the day-to-day operation of a running machine: pause and resume, power button, reset, wake-up, NMI,
///   balloon, network links, media that are inserted already, jobs, and limits. It opens nothing, and does not end QEMU
///   (`quit`), because the process belongs to the program that started it.
/// - `all`: everything, including commands that are not known yet.
///
/// @code
/// auto policy = coqmp::monitor_policy("night-shift", coqmp::monitor_policy::operation()).allow("quit");
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads.
class monitor_policy
{
public:
    /// A policy that allows nothing yet.
    /// @param name is part of each refusal
    explicit monitor_policy(std::string name) : name_(std::move(name)) {}
    /// A policy that allows what another one does, to be extended.
    monitor_policy(std::string name, monitor_policy extended);

    [[nodiscard]] static monitor_policy read_only();
    [[nodiscard]] static monitor_policy backup();
    /// The policy named `operator`, which is a keyword of C++.
    [[nodiscard]] static monitor_policy operation();
    [[nodiscard]] static monitor_policy all();

    /// The built-in policy of this name, if there is one.
    [[nodiscard]] static std::optional<monitor_policy> named(std::string_view name);
    /// The names of the built-in policies, from the strictest to `all`.
    [[nodiscard]] static std::vector<std::string> built_in_names();

    /// Allows one more command. The name must match exactly; there are no patterns.
    monitor_policy& allow(std::string_view command) &;
    /// @copydoc allow
    [[nodiscard]] monitor_policy allow(std::string_view command) &&;

    [[nodiscard]] std::string const& name() const& noexcept { return name_; }
    /// @copydoc name
    [[nodiscard]] std::string name() && noexcept { return std::move(name_); }
    [[nodiscard]] bool allows_everything() const noexcept { return allows_everything_; }
    /// The commands that are allowed, unless everything is.
    [[nodiscard]] std::set<std::string, std::less<>> const& commands() const& noexcept { return commands_; }
    /// @copydoc commands
    [[nodiscard]] std::set<std::string, std::less<>> commands() && noexcept { return std::move(commands_); }

    /// Whether the command is allowed, whatever its arguments are.
    [[nodiscard]] bool allows(std::string_view command) const noexcept;

    /// The reason why a command must not be passed on, if there is one.
    ///
    /// The actions of a `transaction` are commands, too, and each must be allowed; the action `abort`, which opens and changes nothing,
    /// always is. A `transaction` of another form is refused with QEMU's own words. No other command of QEMU contains commands, except
    /// `human-monitor-command`, whose text is not examined.
    ///
    /// A command that is not allowed fails with CommandNotFound, like one that QEMU's guest agent has disabled: clients then do
    /// without it or try another one. An action that is not allowed fails with GenericError.
    [[nodiscard]] std::optional<command_error> refusal(std::string_view command, boost::json::object const& arguments) const;

    friend bool operator==(monitor_policy const&, monitor_policy const&) = default;

private:
    [[nodiscard]] std::optional<command_error> transaction_refusal(boost::json::object const& arguments) const;
    [[nodiscard]] std::optional<command_error> action_refusal(boost::json::value const& action, std::size_t index) const;

    std::string name_;
    std::set<std::string, std::less<>> commands_;
    bool allows_everything_ = false;
};

}  // namespace coqmp

#endif
