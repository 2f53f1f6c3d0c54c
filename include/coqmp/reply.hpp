// What became of a command: QEMU's value or error, or no answer.
#ifndef COQMP_REPLY_HPP
#define COQMP_REPLY_HPP

#include <coqmp/command_error.hpp>

#include <boost/json/value.hpp>

#include <iosfwd>
#include <variant>

namespace coqmp {

/// QEMU's answer: what the command returned, or the error that it ended with. If async_execute() completes with an error code,
/// there is no answer: the reply holds `null`, and was_sent() says whether QEMU may have executed the command.
/// @par Lifetime References from value() and error() are valid as long as the reply is neither changed nor destroyed.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/completion_tokens.cpp
class reply
{
public:
    /// A reply that holds `null`.
    reply() noexcept : outcome_(boost::json::value()) {}
    /// The reply that accompanies an error code: it holds `null`. @param was_sent what was_sent() returns
    [[nodiscard]] static reply unanswered(bool was_sent) noexcept;
    /// What a command returned.
    explicit reply(boost::json::value returned) : outcome_(std::move(returned)) {}
    /// The error that QEMU returned.
    explicit reply(command_error error) : outcome_(std::move(error)) {}
    reply(reply const&) = default;
    reply(reply&&) noexcept = default;
    reply& operator=(reply const&) = default;
    /// Takes the JSON over as it is, also from another memory resource, where `json::value` would copy it.
    reply& operator=(reply&& other) noexcept;
    ~reply() = default;

    /// Whether QEMU returned a value.
    /// @see examples/qmp-shell/commands/interpreter.cpp
    [[nodiscard]] bool has_value() const noexcept { return outcome_.index() == 0; }
    /// Whether QEMU returned an error.
    /// @see examples/demo.cpp
    [[nodiscard]] bool has_error() const noexcept { return outcome_.index() == 1; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// Whether the command was sent. True for every answer. If it is false together with an error code, above all with
    /// `operation_aborted`, QEMU never received the command, and it is safe to send it again.
    /// @see examples/qmp-shell/qemu/monitor.cpp
    [[nodiscard]] bool was_sent() const noexcept { return was_sent_; }

    /// What the command returned.
    /// @throws command_failed, a `boost::system::system_error`, with QEMU's class and description if there is an error instead
    [[nodiscard]] boost::json::value const& value() const&;
    /// @copydoc value
    [[nodiscard]] boost::json::value& value() &;
    /// @copydoc value
    [[nodiscard]] boost::json::value&& value() &&;

    /// The error.
    /// @throws boost::system::system_error `invalid_argument` if there is a value instead
    [[nodiscard]] command_error const& error() const&;
    /// @copydoc error
    [[nodiscard]] command_error&& error() &&;

    friend bool operator==(reply const&, reply const&) = default;

private:
    std::variant<boost::json::value, command_error> outcome_;
    bool was_sent_ = true;
};

/// Prints the value as JSON, or the error.
/// @see examples/completion_tokens.cpp
std::ostream& operator<<(std::ostream& out, reply const& answer);

}  // namespace coqmp

#endif
