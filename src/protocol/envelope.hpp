// Collects the outer members of one message while the decoder reads them, in whatever order they arrive.
// Invariant: an envelope holds no view of the input.
#ifndef COQMP_SRC_PROTOCOL_ENVELOPE_HPP
#define COQMP_SRC_PROTOCOL_ENVELOPE_HPP

#include "protocol/message.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coqmp::protocol {

/// Receives the members of a message one by one. If a member occurs twice, the last one counts.
class envelope
{
public:
    /// Begins a new message. Only the members reset here are read before they are set, so the others keep their old values.
    void clear() noexcept;

    /// A member begins; its value comes next.
    void enter(std::string_view key) noexcept;
    /// A member inside the current member's value begins; its value comes next.
    void enter_field(std::string_view key) noexcept;
    /// The current member's value is an object or an array.
    /// @return whether the caller must build a tree from it and pass that to take()
    [[nodiscard]] bool enter_container(bool is_object) noexcept;

    /// The current member's value, if enter_container() asked for it.
    void take(boost::json::value&& tree);

    void take_scalar(std::string_view text);
    void take_scalar(std::int64_t number);
    void take_scalar(std::uint64_t number);
    void take_scalar(double number);
    void take_scalar(bool value);
    void take_scalar(std::nullptr_t);

    void take_field(std::string_view text);
    void take_field(std::int64_t number) noexcept;
    template <class Other>
    void take_field(Other) noexcept
    {
        forget_field();
    }

    /// Returns the finished message. Call clear() before the envelope is used again.
    [[nodiscard]] message finish();

private:
    enum class member : std::uint8_t { other, greeting, returned, error, event, data, timestamp, id };
    enum class field : std::uint8_t { other, error_class, description, seconds, microseconds };

    [[nodiscard]] static member member_named(std::string_view key) noexcept;
    void forget_field() noexcept;
    [[nodiscard]] std::optional<boost::json::value>* payload() noexcept;

    [[nodiscard]] error_message finish_error();
    [[nodiscard]] message finish_event();

    member member_ = member::other;
    field field_ = field::other;
    std::uint8_t kinds_ = 0;  ///< the kinds of message whose member was seen: one bit each
    bool has_error_object_ = false;
    bool has_name_ = false;

    message_id id_;
    std::optional<boost::json::value> greeting_;
    std::optional<boost::json::value> returned_;
    std::optional<boost::json::value> data_;
    command_error error_;
    std::string name_;
    std::int64_t seconds_ = -1;
    std::int64_t microseconds_ = -1;
};

}  // namespace coqmp::protocol

#endif
