// Finds the messages in the input, and has each one parsed as its bytes arrive.
// Invariant: the parser sees exactly the bytes of one object, from its first brace to its last; it never sees the bytes between
// two objects.
#include "protocol/decoder.hpp"

#include <coqmp/error.hpp>

#include "protocol/envelope_reader.hpp"
#include "protocol/exact_number.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

/// Boost.JSON's parser calls itself for each level: 4,096 levels take about 1 MiB of the thread's stack.
constexpr std::size_t deepest_nesting = 4096;

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
    parser(decoder_limits limits, framing mode)
        : json(options(limits)),
          delimited(mode == framing::delimited),
          max_size(limits.max_message_size == 0 ? std::numeric_limits<std::size_t>::max() : limits.max_message_size)
    {}

    message decode(std::string_view& input);
    message decode_delimited(std::string_view& input);
    [[nodiscard]] bool begin(std::string_view& input);
    void drop_excess_digits(std::string_view& input) noexcept;
    void skip_line(std::string_view& input) noexcept;
    [[nodiscard]] message fail(errc reason) noexcept;

    boost::json::basic_parser<envelope_reader> json;
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
    while (!input.empty() && is_between_messages(input.front()))
        input.remove_prefix(1);
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
        // Not beyond the end of a line, with which QEMU ends each message: the bytes of all later ones would be looked at for each.
        std::size_t const line_end = input.find('\n');
        std::string_view const most = input.substr(0, std::min(line_end, max_size - size - 1) + 1);
        std::string_view const part = most.substr(0, harmless_size(most, json.handler().number()));
        boost::system::error_code parse_error;
        std::size_t used = json.write_some(true, part.data(), part.size(), parse_error);
        bool const complete = parse_error == envelope_reader::end_of_message;
        if (complete)
            ++used;  // the brace at which the parser was stopped
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

decoder::decoder(decoder_limits limits, framing mode) : parser_(std::make_unique<parser>(limits, mode)) {}
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
