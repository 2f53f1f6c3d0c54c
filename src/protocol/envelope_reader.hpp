// Receives the parser's tokens of one message: reads its envelope, and has the JSON trees of its payloads built.
// Invariant: there is a sink exactly while the parser is inside a payload.
#ifndef COQMP_SRC_PROTOCOL_ENVELOPE_READER_HPP
#define COQMP_SRC_PROTOCOL_ENVELOPE_READER_HPP

#include "protocol/envelope.hpp"
#include "protocol/exact_number.hpp"
#include "protocol/message.hpp"
#include "protocol/payload_builder.hpp"
#include "protocol/split_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/string_view.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coqmp::protocol {

/// The handler of a boost::json::basic_parser, which demands the functions on_...() and the four sizes. The members of the
/// envelope are at depth 1. A payload is everything below such a member; of members that are not payloads, only those at depth 2
/// that the envelope asks for count.
class envelope_reader
{
    using error_code = boost::system::error_code;
    using part = boost::json::string_view;

public:
    static constexpr std::size_t max_object_size = boost::json::object::max_size();
    static constexpr std::size_t max_array_size = boost::json::array::max_size();
    static constexpr std::size_t max_key_size = boost::json::string::max_size();
    static constexpr std::size_t max_string_size = boost::json::string::max_size();

    /// Stops the parser at the last brace of a message, because the bytes that follow do not belong to it. No other failure of
    /// the parser has this code.
    static constexpr error_code end_of_message{boost::system::errc::operation_canceled, boost::system::generic_category()};

    void start_message() noexcept
    {
        envelope_.clear();
        sink_ = nullptr;
        number_.drop();
        depth_ = 0;
    }

    /// The message of an object that the parser has read completely. @param size its length in bytes
    [[nodiscard]] message finish_message(std::size_t size);

    /// Drops the current message, which is incomplete or not JSON.
    void drop_message() noexcept;

    /// The number that the end of the input has split, if there is one.
    [[nodiscard]] cut_number const& number() const noexcept { return number_; }

    /// The memory that the JSON of the last message takes, in bytes.
    [[nodiscard]] std::size_t memory_size() const noexcept { return payload_.memory_size(); }

    bool on_document_begin(error_code&) const noexcept { return true; }
    bool on_document_end(error_code&) const noexcept { return true; }

    bool on_object_begin(error_code&)
    {
        if (++depth_ == 2 && envelope_.enter_container(true))
            sink_ = &payload_;
        return true;
    }

    bool on_array_begin(error_code&)
    {
        if (++depth_ == 2 && envelope_.enter_container(false))
            sink_ = &payload_;
        return true;
    }

    bool on_object_end(std::size_t size, error_code& error)
    {
        end(boost::json::object_kind, size);
        if (depth_ != 0)
            return true;
        error = end_of_message;
        return false;
    }

    bool on_array_end(std::size_t size, error_code&)
    {
        end(boost::json::array_kind, size);
        return true;
    }

    bool on_key_part(part text, std::size_t, error_code&)
    {
        text_.append({text.data(), text.size()});
        return true;
    }

    bool on_key(part last, std::size_t, error_code&)
    {
        std::string_view const key = text_.finish({last.data(), last.size()});
        if (sink_ != nullptr)
            sink_->push_key(key);
        else if (depth_ == 1)
            envelope_.enter(key);
        else if (depth_ == 2)
            envelope_.enter_field(key);
        return true;
    }

    bool on_string_part(part text, std::size_t, error_code&)
    {
        text_.append({text.data(), text.size()});
        return true;
    }

    bool on_string(part last, std::size_t, error_code&) { return scalar(text_.finish({last.data(), last.size()})); }

    bool on_number_part(part text, error_code&)
    {
        number_.append({text.data(), text.size()});
        return true;
    }

    bool on_int64(std::int64_t number, part, error_code&)
    {
        number_.drop();
        return scalar(number);
    }

    bool on_uint64(std::uint64_t number, part, error_code&)
    {
        number_.drop();
        return scalar(number);
    }

    bool on_double(double rough, part last, error_code&)
    {
        return scalar(exact(number_.finish({last.data(), last.size()}), rough));
    }

    bool on_bool(bool value, error_code&) { return scalar(value); }
    bool on_null(error_code&) { return scalar(nullptr); }

    bool on_comment_part(part, error_code&) const noexcept { return true; }
    bool on_comment(part, error_code&) const noexcept { return true; }

private:
    template <class Kind>
    void end(Kind kind, std::size_t size)
    {
        --depth_;
        if (sink_ != nullptr && depth_ == 1) {
            envelope_.take(payload_.finish(kind, size));
            sink_ = nullptr;
        } else if (sink_ != nullptr) {
            sink_->push(kind, size);
        }
    }

    template <class Scalar>
    bool scalar(Scalar value)
    {
        if (sink_ != nullptr)
            sink_->push(value);
        else if (depth_ == 1)
            envelope_.take_scalar(value);
        else if (depth_ == 2)
            envelope_.take_field(value);
        return true;
    }

    envelope envelope_;
    payload_builder payload_;
    payload_builder* sink_ = nullptr;
    split_text text_;
    cut_number number_;
    std::size_t depth_ = 0;
};

}  // namespace coqmp::protocol

#endif
