// The server's side of the capabilities negotiation: what is allowed before and after it, and what the client has enabled.
#ifndef COQMP_SRC_PROTOCOL_NEGOTIATION_HPP
#define COQMP_SRC_PROTOCOL_NEGOTIATION_HPP

#include "protocol/client_command.hpp"

#include <coqmp/command_error.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::protocol {

class negotiation
{
public:
    /// @param offered the capabilities of the greeting
    explicit negotiation(std::vector<std::string> offered) noexcept : offered_(std::move(offered)) {}

    /// Whether the command is for the negotiation, or must be refused because of it. Other commands are the server's.
    [[nodiscard]] bool concerns(client_command const& command) const noexcept;

    /// Executes a command that concerns the negotiation. @return QEMU's refusal, or nothing: the negotiation is complete
    [[nodiscard]] std::optional<command_error> execute(client_command const& command);

    [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
    [[nodiscard]] bool has_enabled(std::string_view capability) const noexcept;

private:
    [[nodiscard]] std::optional<command_error> check_form(boost::json::object const& arguments) const;
    [[nodiscard]] std::optional<command_error> check_names(boost::json::value const& wanted) const;
    [[nodiscard]] std::optional<command_error> check_offer(boost::json::object const& arguments) const;

    std::vector<std::string> offered_;
    std::vector<std::string> enabled_;
    bool is_complete_ = false;
};

}  // namespace coqmp::protocol

#endif
