// What QEMU answered to a command: a value or an error.
#ifndef COQMP_REPLY_HPP
#define COQMP_REPLY_HPP

#include <coqmp/error.hpp>

#include <boost/json/value.hpp>

#include <iosfwd>
#include <variant>

namespace coqmp {

/// An answer of QEMU's: what the command returned, or the error that it ended with.
/// @par Threads Distinct objects may be used from distinct threads.
class reply
{
public:
    /// A reply that holds `null`.
    reply() noexcept : outcome_(boost::json::value()) {}
    explicit reply(boost::json::value returned) : outcome_(std::move(returned)) {}
    explicit reply(command_error error) : outcome_(std::move(error)) {}
    reply(reply const&) = default;
    reply(reply&&) noexcept = default;
    reply& operator=(reply const&) = default;
    /// Takes the JSON over as it is, also from another memory resource, where `json::value` would copy it.
    reply& operator=(reply&& other) noexcept;
    ~reply() = default;

    [[nodiscard]] bool has_value() const noexcept { return outcome_.index() == 0; }
    [[nodiscard]] bool has_error() const noexcept { return outcome_.index() == 1; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// What the command returned.
    /// @throws boost::system::system_error with QEMU's class and description if there is an error instead
    [[nodiscard]] boost::json::value const& value() const&;
    /// @copydoc value
    [[nodiscard]] boost::json::value& value() &;
    /// @copydoc value
    [[nodiscard]] boost::json::value&& value() &&;

    /// The error.
    /// @throws std::bad_variant_access if there is a value instead
    [[nodiscard]] command_error const& error() const& { return std::get<command_error>(outcome_); }
    /// @copydoc error
    [[nodiscard]] command_error&& error() && { return std::get<command_error>(std::move(outcome_)); }

    friend bool operator==(reply const&, reply const&) = default;

private:
    std::variant<boost::json::value, command_error> outcome_;
};

/// Prints the value as JSON, or the error.
std::ostream& operator<<(std::ostream& out, reply const& answer);

}  // namespace coqmp

#endif
