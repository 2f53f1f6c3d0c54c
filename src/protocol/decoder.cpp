// Reads the envelope of a message as the bytes come, and builds JSON trees only of the payloads.
// Invariant: the parser sees exactly the bytes of one object, from its brace to its brace; what is between two objects it never sees.
#include "protocol/decoder.hpp"

#include "protocol/envelope.hpp"
#include "protocol/message_memory.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

/// A buffer over this size is not kept for the next message.
constexpr std::size_t kept_buffer = std::size_t{64} << 10;

/// A message over this size leaves no value stack and no envelope behind: they have no way to shrink. (The stack takes up to
/// 24 bytes for each byte of a message.)
constexpr std::size_t large_message = std::size_t{64} << 10;

/// Boost.JSON's parser calls itself for each level: 4,096 levels take about 1 MiB of the thread's stack.
constexpr std::size_t deepest_nesting = 4096;

/// Boost.JSON 1.81 rounds: the last digit depends on where the input is cut, and 0e400 is zero times infinity.
/// @param rough what it says
double exact(std::string_view number, double rough) noexcept
{
    double result = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), result).ec == std::errc())
        return result;
    return std::copysign(std::abs(rough) > 1 ? std::numeric_limits<double>::infinity() : 0.0, rough);
}

/// What the parser reports, one call for each token. At depth 1 are the members of the envelope; a payload is everything
/// below one of them; and of the others only the few members at depth 2 count that the envelope asks for.
class handler
{
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    void start_message() noexcept
    {
        depth_ = 0;
        complete_ = false;
        in_payload_ = false;
        envelope_.clear();
    }

    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] std::size_t memory_size() const noexcept { return memory_size_; }
    [[nodiscard]] message finish_message(std::size_t size)
    {
        memory_size_ = filling_ != nullptr ? filling_->size() : 0;
        if (auto* const filled = std::exchange(filling_, nullptr))
            filled->seal();
        memory_ = {};
        message finished = envelope_.finish();
        if (size > large_message) {
            stack_.reset();
            envelope_ = envelope();
        } else if (stack_) {
            spare_stack() = std::move(stack_);
        }
        if (text_.capacity() > kept_buffer)
            text_ = {};
        return finished;
    }

    bool on_document_begin(boost::system::error_code&) const noexcept { return true; }
    bool on_document_end(boost::system::error_code&) const noexcept { return true; }

    bool on_object_begin(boost::system::error_code&) { return begin(true); }
    bool on_array_begin(boost::system::error_code&) { return begin(false); }

    bool on_object_end(std::size_t size, boost::system::error_code& error)
    {
        --depth_;
        if (in_payload_)
            end_in_payload(json::object_kind, size);
        if (depth_ != 0)
            return true;
        // Stops the parser right here: what follows belongs to the next message, or to none.
        complete_ = true;
        error = json::error::extra_data;
        return false;
    }

    bool on_array_end(std::size_t size, boost::system::error_code&)
    {
        --depth_;
        if (in_payload_)
            end_in_payload(json::array_kind, size);
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, boost::system::error_code&) { return add_text(part); }
    bool on_string_part(json::string_view part, std::size_t, boost::system::error_code&) { return add_text(part); }

    bool on_key(json::string_view last_part, std::size_t, boost::system::error_code&)
    {
        if (in_payload_)
            tree().push_key(last_part);
        else if (depth_ <= 2)
            with_text(last_part,
                      [this](std::string_view key) { depth_ == 1 ? envelope_.enter(key) : envelope_.enter_field(key); });
        return true;
    }

    bool on_string(json::string_view last_part, std::size_t, boost::system::error_code&)
    {
        if (in_payload_)
            tree().push_string(last_part);
        else if (depth_ <= 2)
            with_text(last_part, [this](std::string_view text) { scalar(text); });
        return true;
    }

    bool on_number_part(json::string_view part, boost::system::error_code&)
    {
        text_.append(part.data(), part.size());
        return true;
    }

    bool on_int64(std::int64_t number, json::string_view, boost::system::error_code&)
    {
        text_.clear();
        in_payload_ ? tree().push_int64(number) : scalar(number);
        return true;
    }

    bool on_uint64(std::uint64_t number, json::string_view, boost::system::error_code&)
    {
        text_.clear();
        in_payload_ ? tree().push_uint64(number) : scalar(number);
        return true;
    }

    bool on_double(double number, json::string_view last_part, boost::system::error_code&)
    {
        with_text(last_part, [&](std::string_view text) { number = exact(text, number); });
        in_payload_ ? tree().push_double(number) : scalar(number);
        return true;
    }

    bool on_bool(bool value, boost::system::error_code&)
    {
        in_payload_ ? tree().push_bool(value) : scalar(value);
        return true;
    }

    bool on_null(boost::system::error_code&)
    {
        in_payload_ ? tree().push_null() : scalar(nullptr);
        return true;
    }

    bool on_comment_part(json::string_view, boost::system::error_code&) const noexcept { return true; }
    bool on_comment(json::string_view, boost::system::error_code&) const noexcept { return true; }

private:
    bool begin(bool is_object)
    {
        ++depth_;
        if (depth_ == 2 && !in_payload_) {
            in_payload_ = envelope_.enter_container(is_object);
            tree_started_ = false;
        }
        return true;
    }

    template <class Kind>
    void end_in_payload(Kind kind, std::size_t size)
    {
        in_payload_ = depth_ != 1;
        // `{"return": {}}` is the most frequent reply of all: an empty payload needs no memory.
        if (!in_payload_ && !tree_started_)
            return envelope_.take(json::value(kind));
        if constexpr (std::is_same_v<Kind, json::object_kind_t>)
            tree().push_object(size);
        else
            tree().push_array(size);
        if (!in_payload_)
            envelope_.take(stack_->release());
    }

    json::value_stack& tree()
    {
        if (!tree_started_)
            start_tree();
        return *stack_;
    }

    void start_tree()
    {
        if (!memory_.is_shared())
            memory_ = json::make_shared_resource<message_memory>(&filling_);
        if (!stack_)
            stack_ = spare_stack() ? std::move(spare_stack()) : std::make_unique<json::value_stack>();
        stack_->reset(memory_);
        tree_started_ = true;
    }

    /// A stack has 1.5 KiB, and is in use while a message is read: the sessions of a thread share one.
    static std::unique_ptr<json::value_stack>& spare_stack()
    {
        static thread_local std::unique_ptr<json::value_stack> spare;
        return spare;
    }

    bool add_text(json::string_view part)
    {
        if (in_payload_)
            tree().push_chars(part);
        else if (depth_ <= 2)
            text_.append(part.data(), part.size());
        return true;
    }

    /// Long texts, those with escapes and those that the input cuts (numbers, too) come in parts.
    template <class Use>
    void with_text(json::string_view last_part, Use use)
    {
        if (text_.empty())
            return use(std::string_view(last_part.data(), last_part.size()));
        text_.append(last_part.data(), last_part.size());
        use(std::string_view(text_));
        text_.clear();
    }

    template <class Scalar>
    void scalar(Scalar value)
    {
        if (depth_ == 1)
            envelope_.take_scalar(value);
        else if (depth_ == 2)
            envelope_.take_field(value);
    }

    envelope envelope_;
    std::unique_ptr<json::value_stack> stack_;
    json::storage_ptr memory_;
    message_memory* filling_ = nullptr;  ///< what memory_ points to
    std::size_t memory_size_ = 0;        ///< of the last message
    std::string text_;
    std::size_t depth_ = 0;
    bool complete_ = false;
    bool in_payload_ = false;
    bool tree_started_ = false;
};

bool is_between_messages(char byte) noexcept
{
    // 0xFF is the guest agent's delimiter: it cannot occur inside JSON.
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\xff';
}

json::parse_options options(decoder_limits limits)
{
    json::parse_options result;
    result.max_depth = std::min(limits.max_nesting, deepest_nesting);
    return result;
}

errc meaning(boost::system::error_code error) noexcept
{
    if (error == json::error::too_deep)
        return errc::nested_too_deep;
    if (error == json::error::object_too_large || error == json::error::array_too_large || error == json::error::key_too_large ||
        error == json::error::string_too_large)
        return errc::message_too_large;
    return errc::not_json;
}

}  // namespace

struct decoder::parser
{
    explicit parser(decoder_limits limits)
        : json(options(limits)),
          max_size(limits.max_message_size == 0 ? std::numeric_limits<std::size_t>::max() : limits.max_message_size)
    {}

    message decode(std::string_view& input);
    [[nodiscard]] bool begin(std::string_view& input);
    [[nodiscard]] message fail(errc reason) noexcept;

    boost::json::basic_parser<handler> json;
    std::size_t max_size;
    std::size_t size = 0;  ///< of the message that has begun; 0: none has
    boost::system::error_code error;
};

/// Finds the next message's brace. @return false: there is none in this input
bool decoder::parser::begin(std::string_view& input)
{
    auto const first = std::find_if_not(input.begin(), input.end(), is_between_messages);
    input.remove_prefix(static_cast<std::size_t>(first - input.begin()));
    if (input.empty())
        return false;
    if (input.front() != '{') {
        error = make_error_code(errc::not_json);
        return false;
    }
    json.reset();
    json.handler().start_message();
    return true;
}

message decoder::parser::decode(std::string_view& input)
{
    if (error || (size == 0 && !begin(input)))
        return no_message();
    std::string_view const part = input.substr(0, max_size - size);
    boost::system::error_code parse_error;
    std::size_t used = json.write_some(true, part.data(), part.size(), parse_error);
    bool const complete = json.handler().complete();
    if (complete)
        ++used;  // the handler stopped the parser before the last brace
    input.remove_prefix(used);
    size += used;
    if (complete)
        return json.handler().finish_message(std::exchange(size, 0));
    if (parse_error)
        return fail(meaning(parse_error));
    if (size == max_size)
        return fail(errc::message_too_large);
    return no_message();
}

message decoder::parser::fail(errc reason) noexcept
{
    error = make_error_code(reason);
    return no_message();
}

decoder::decoder(decoder_limits limits) : parser_(std::make_unique<parser>(limits)) {}
decoder::decoder(decoder&&) noexcept = default;
decoder& decoder::operator=(decoder&&) noexcept = default;
decoder::~decoder() = default;

message decoder::decode(std::string_view& input)
{
    return parser_->decode(input);
}

boost::system::error_code decoder::error() const noexcept
{
    return parser_->error;
}

bool decoder::inside_message() const noexcept
{
    return parser_->size != 0;
}

std::size_t decoder::last_message_memory() const noexcept
{
    return parser_->json.handler().memory_size();
}

}  // namespace coqmp::protocol
