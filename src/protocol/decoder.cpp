// Reads the envelope of a message as the bytes arrive, and builds JSON trees only for the payloads.
// Invariant: the parser sees exactly the bytes of one object, from its first brace to its last; it never sees the bytes between
// two objects.
#include "protocol/decoder.hpp"

#include <coqmp/error.hpp>

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

/// After a message over this size the value stack and the envelope are freed, because they cannot shrink. (The stack takes up
/// to 24 bytes for each byte of a message.)
constexpr std::size_t large_message = std::size_t{64} << 10;

/// Boost.JSON's parser calls itself for each level: 4,096 levels take about 1 MiB of the thread's stack.
constexpr std::size_t deepest_nesting = 4096;

/// Reads the number again, because Boost.JSON 1.81 rounds: its last digit depends on where the input is split, and it computes
/// 0e400 as zero times infinity.
/// @param rough the result of Boost.JSON
double exact(std::string_view number, double rough) noexcept
{
    double result = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), result).ec == std::errc())
        return result;
    return std::copysign(std::abs(rough) > 1 ? std::numeric_limits<double>::infinity() : 0.0, rough);
}

bool is_digit(char byte) noexcept
{
    return byte >= '0' && byte <= '9';
}

bool is_exponent_mark(char byte) noexcept
{
    return byte == 'e' || byte == 'E';
}

bool is_sign(char byte) noexcept
{
    return byte == '+' || byte == '-';
}

/// Boost.JSON rejects an exponent of 2^31 or more. An exponent of nine digits, not counting leading zeros, already makes any
/// number zero or infinite.
constexpr std::size_t most_exponent_digits = 9;

/// A number that arrives in parts: whether its exponent has begun, and how many digits of it have arrived.
class cut_number
{
public:
    void append(std::string_view part) noexcept
    {
        for (char const each : part)
            if (!in_exponent_)
                in_exponent_ = is_exponent_mark(each);
            else if (is_digit(each) && (digits_ != 0 || each != '0'))
                ++digits_;
    }
    void end() noexcept { *this = {}; }

    [[nodiscard]] bool in_exponent() const noexcept { return in_exponent_; }
    [[nodiscard]] std::size_t exponent_digits() const noexcept { return digits_; }
    [[nodiscard]] bool is_full() const noexcept { return digits_ == most_exponent_digits; }

private:
    bool in_exponent_ = false;
    std::size_t digits_ = 0;
};

/// Finds the end of those digits of an exponent that may go to the parser.
/// @param from the index of a digit, or of the end of the exponent
/// @param before the number of digits before it, not counting leading zeros
std::size_t end_of_digits(std::string_view text, std::size_t from, std::size_t before) noexcept
{
    while (from < text.size() && is_digit(text[from]) && (before < most_exponent_digits || (before == 0 && text[from] == '0'))) {
        before += before != 0 || text[from] != '0' ? 1 : 0;
        ++from;
    }
    return from;
}

/// The length of the longest prefix of the input in which no exponent has too many digits: the parser may read it at once.
std::size_t harmless_size(std::string_view text, cut_number const& begun) noexcept
{
    std::size_t start = 0;
    if (begun.in_exponent()) {
        start = end_of_digits(text, !text.empty() && is_sign(text.front()) ? 1 : 0, begun.exponent_digits());
        if (start < text.size() && is_digit(text[start]))
            return start;
    }
    // Checks only every tenth byte, because every run of ten digits includes one of these.
    constexpr std::size_t stride = most_exponent_digits + 1;
    for (std::size_t place = start + stride - 1; place < text.size(); place += stride) {
        if (!is_digit(text[place]))
            continue;
        std::size_t first = place;
        while (first > start && is_digit(text[first - 1]))
            --first;
        std::size_t const mark = first > 0 && is_sign(text[first - 1]) ? first - 1 : first;
        if (mark > 0 && is_exponent_mark(text[mark - 1])) {
            std::size_t const last = end_of_digits(text, first, 0);
            if (last < text.size() && is_digit(text[last]))
                return last;
        }
        while (place + 1 < text.size() && is_digit(text[place + 1]))
            ++place;
    }
    return text.size();
}

/// Receives one call for each token that the parser finds. The members of the envelope are at depth 1. A payload is everything
/// below such a member; of members that are not payloads, only those at depth 2 that the envelope asks for count.
class handler
{
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    void start_message() noexcept
    {
        number_.end();
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

    /// Drops the current message, which is incomplete or not JSON.
    void drop_message() noexcept
    {
        stack_.reset();
        filling_ = nullptr;
        memory_ = {};
        envelope_ = envelope();
        text_.clear();
    }

    /// The number that the end of the input has split, if there is one.
    [[nodiscard]] cut_number const& number() const noexcept { return number_; }

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
        // Stops the parser here: the bytes that follow do not belong to this message.
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
        number_.append(part);
        return true;
    }

    bool on_int64(std::int64_t number, json::string_view, boost::system::error_code&)
    {
        number_.end();
        text_.clear();
        in_payload_ ? tree().push_int64(number) : scalar(number);
        return true;
    }

    bool on_uint64(std::uint64_t number, json::string_view, boost::system::error_code&)
    {
        number_.end();
        text_.clear();
        in_payload_ ? tree().push_uint64(number) : scalar(number);
        return true;
    }

    bool on_double(double number, json::string_view last_part, boost::system::error_code&)
    {
        number_.end();
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
        // `{"return": {}}` is the most frequent reply, so an empty payload allocates nothing.
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

    /// The sessions of a thread share one stack of 1.5 KiB, because a stack is in use only while a message is being read.
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

    /// The parser delivers a text or number in parts if it is long, has escapes, or is split between two inputs.
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
    std::size_t memory_size_ = 0;        ///< of the last message's JSON
    std::string text_;
    cut_number number_;
    std::size_t depth_ = 0;
    bool complete_ = false;
    bool in_payload_ = false;
    bool tree_started_ = false;
};

bool is_between_messages(char byte) noexcept
{
    // 0xFF is the guest agent's delimiter and never occurs in JSON.
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\xff';
}

/// The index of the first line feed or 0xFF.
std::size_t find_line_end(std::string_view input) noexcept
{
    std::size_t const line_feed = input.find('\n');
    return std::min(line_feed, input.substr(0, line_feed).find('\xff'));
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
    parser(decoder_limits limits, framing how)
        : json(options(limits)),
          delimited(how == framing::delimited),
          max_size(limits.max_message_size == 0 ? std::numeric_limits<std::size_t>::max() : limits.max_message_size)
    {}

    message decode(std::string_view& input);
    message decode_delimited(std::string_view& input);
    [[nodiscard]] bool begin(std::string_view& input);
    void drop_excess_digits(std::string_view& input) noexcept;
    void skip_line(std::string_view& input) noexcept;
    [[nodiscard]] message fail(errc reason) noexcept;

    boost::json::basic_parser<handler> json;
    bool delimited;
    bool tolerates_garbage = false;
    bool skipping = false;  ///< whether text that is not JSON is being dropped, up to the end of its line
    std::size_t max_size;
    std::size_t size = 0;  ///< bytes of the current message so far; 0 between messages
    boost::system::error_code error;
};

/// Finds the opening brace of the next message. @return false if the input has none
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

/// Drops digits of an exponent that cannot change the number any more.
void decoder::parser::drop_excess_digits(std::string_view& input) noexcept
{
    if (!json.handler().number().is_full())
        return;
    std::size_t const most = std::min(input.size(), max_size - size);
    std::size_t excess = 0;
    while (excess < most && is_digit(input[excess]))
        ++excess;
    input.remove_prefix(excess);
    size += excess;
}

message decoder::parser::decode(std::string_view& input)
{
    if (error || (size == 0 && !begin(input)))
        return no_message();
    do {
        drop_excess_digits(input);
        if (size == max_size)
            return fail(errc::message_too_large);
        if (input.empty())
            return no_message();
        std::string_view const most = input.substr(0, max_size - size);
        std::string_view const part = most.substr(0, harmless_size(most, json.handler().number()));
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
    } while (!input.empty());
    return no_message();
}

void decoder::parser::skip_line(std::string_view& input) noexcept
{
    std::size_t const end = find_line_end(input);
    skipping = end == std::string_view::npos;
    input.remove_prefix(skipping ? input.size() : end + 1);
}

/// Reads one line at a time, so that it does not matter where in the line the parser finds that it is not JSON.
message decoder::parser::decode_delimited(std::string_view& input)
{
    while (!input.empty() && !error) {
        if (skipping) {
            skip_line(input);
            continue;
        }
        if (input.front() == '\xff') {
            input.remove_prefix(1);
            if (std::exchange(size, 0) == 0)
                continue;
            json.handler().drop_message();
            return unknown_message{"it is incomplete"};
        }
        std::size_t const end = find_line_end(input);
        bool const has_end = end != std::string_view::npos && input[end] == '\n';
        std::string_view const line = input.substr(0, has_end ? end + 1 : end);
        std::string_view rest = line;
        message result = decode(rest);
        bool const is_garbage = tolerates_garbage && error == errc::not_json;
        input.remove_prefix(is_garbage ? line.size() : line.size() - rest.size());
        if (is_garbage) {
            error.clear();
            size = 0;
            json.handler().drop_message();
            skipping = !has_end;
            return unknown_message{"it is not JSON"};
        }
        if (!std::holds_alternative<no_message>(result))
            return result;
    }
    return no_message();
}

message decoder::parser::fail(errc reason) noexcept
{
    error = make_error_code(reason);
    return no_message();
}

decoder::decoder(decoder_limits limits, framing how) : parser_(std::make_unique<parser>(limits, how)) {}
decoder::decoder(decoder&&) noexcept = default;
decoder& decoder::operator=(decoder&&) noexcept = default;
decoder::~decoder() = default;

message decoder::decode(std::string_view& input)
{
    return parser_->delimited ? parser_->decode_delimited(input) : parser_->decode(input);
}

void decoder::tolerate_garbage(bool tolerate) noexcept
{
    parser_->tolerates_garbage = tolerate;
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
