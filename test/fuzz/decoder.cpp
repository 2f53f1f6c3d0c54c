// Any stream of bytes decodes to the same messages however it is split, and to those that a parser of whole documents finds.
//
// Input: three bytes that choose the limits and the splits, then the stream.
#include "protocol/decoder.hpp"

#include <coqmp/error.hpp>

#include "expect.hpp"
#include "reference.hpp"

#include <boost/json/stream_parser.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace coqmp::protocol;
using coqmp::errc;
using coqmp::fuzz::choices;
using coqmp::fuzz::expect;
namespace json = boost::json;

/// The result of decoding a stream.
struct outcome
{
    std::vector<message> messages;
    boost::system::error_code error;
    bool cut = false;

    friend bool operator==(outcome const&, outcome const&) = default;
};

bool is_between(char byte)
{
    return std::string_view(" \t\r\n\xff").find(byte) != std::string_view::npos;
}

/// Shortens exponents for a parser that rejects large ones: digits after the ninth make no difference.
std::string with_short_exponents(std::string_view document)
{
    std::string result;
    bool in_text = false;
    bool escaped = false;
    bool in_exponent = false;
    std::size_t digits = 0;
    for (char const each : document) {
        if (in_text) {
            in_text = escaped || each != '"';
            escaped = !escaped && each == '\\';
        } else if (each == '"') {
            in_text = true;
            in_exponent = false;
        } else if (in_exponent && each >= '0' && each <= '9') {
            digits += digits != 0 || each != '0' ? 1 : 0;
            if (digits > 9)
                continue;
        } else if (!in_exponent || (each != '+' && each != '-')) {
            bool const after_digit = !result.empty() && ((result.back() >= '0' && result.back() <= '9') || result.back() == '.');
            in_exponent = (each == 'e' || each == 'E') && after_digit;
            digits = 0;
        }
        result += each;
    }
    return result;
}

std::size_t nesting(std::string_view document)
{
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_text = false;
    for (std::size_t index = 0; index < document.size(); ++index) {
        char const each = document[index];
        if (in_text) {
            if (each == '\\')
                ++index;
            in_text = each != '"';
        } else if (each == '{' || each == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (each == '}' || each == ']') {
            --depth;
        } else {
            in_text = each == '"';
        }
    }
    return deepest;
}

/// A decoder whose promises, as its header lists them, are checked after each call.
class watched_decoder
{
public:
    explicit watched_decoder(decoder_limits limits) : limits_(limits), decoder_(limits) {}

    void feed(std::string_view part);
    [[nodiscard]] bool failed() const noexcept { return decoder_.error().failed(); }
    [[nodiscard]] outcome finish(std::string_view rest);

private:
    [[nodiscard]] json::parse_options options() const
    {
        json::parse_options result;
        result.max_depth = limits_.max_nesting;
        return result;
    }
    void look_at(message const& received);
    void look_at_error(std::string_view rest) const;

    decoder_limits limits_;
    decoder decoder_;
    outcome outcome_;
    std::string begun_;  // the current message so far
};

void watched_decoder::feed(std::string_view part)
{
    // A copy of exactly this size, which is freed when this function returns, like a socket's buffer.
    std::vector<char> const buffer(part.begin(), part.end());
    std::string_view input(buffer.data(), buffer.size());
    while (!input.empty() && !decoder_.error()) {
        std::string_view const before = input;
        message received = decoder_.decode(input);
        expect(before.ends_with(input), "input is removed from its front");
        for (char const each : before.substr(0, before.size() - input.size()))
            if (!begun_.empty() || !is_between(each))
                begun_ += each;
        if (std::holds_alternative<no_message>(received)) {
            expect(input.empty() || decoder_.error(), "input without a complete message is consumed");
            expect(decoder_.error() || decoder_.inside_message() == !begun_.empty(), "it knows whether a message has begun");
        } else {
            look_at(received);
            outcome_.messages.push_back(std::move(received));
            begun_.clear();
        }
    }
    if (decoder_.error()) {
        outcome_.error = decoder_.error();
        look_at_error(input);
    }
}

void watched_decoder::look_at(message const& received)
{
    expect(!decoder_.error(), "a message or an error, not both");
    expect(!decoder_.inside_message(), "a complete message has ended");
    expect(limits_.max_message_size == 0 || begun_.size() <= limits_.max_message_size, "no message is over the limit");
    expect(nesting(begun_) <= limits_.max_nesting, "no message is nested more deeply than the limit");
    boost::system::error_code error;
    json::value const document = json::parse(with_short_exponents(begun_), error, {}, options());
    expect(!error && document.is_object(), "a message is one complete object");
    expect(coqmp::fuzz::same(received, coqmp::fuzz::reference_message(document.get_object())),
           "a message has the meaning of its document");
}

/// @param rest the part of the input that was not consumed
void watched_decoder::look_at_error(std::string_view rest) const
{
    auto const error = decoder_.error();
    std::string const bytes = with_short_exponents(begun_ + std::string(rest));
    if (error == errc::message_too_large) {
        expect(limits_.max_message_size != 0 && begun_.size() == limits_.max_message_size,
               "a message is too large only at the limit");
        return;
    }
    expect(error == errc::not_json || error == errc::nested_too_deep, "an error is one of the three that the header lists");
    expect(!bytes.empty(), "an error has a cause");
    if (bytes.front() != '{') {
        expect(error == errc::not_json, "a message begins with a brace");
        return;
    }
    json::stream_parser parser({}, options());
    boost::system::error_code reference;
    parser.write_some(bytes.data(), bytes.size(), reference);
    expect(reference.failed(), "the reference parser rejects it, too");
    expect((error == errc::nested_too_deep) == (reference == json::error::too_deep),
           "excessive nesting is distinguished from malformed input");
}

/// @param rest the rest of the stream, after an error
outcome watched_decoder::finish(std::string_view rest)
{
    outcome_.cut = decoder_.inside_message();
    auto const error = decoder_.error();
    if (!error)
        return std::move(outcome_);
    for (std::string_view more : {rest, std::string_view("}"), std::string_view(R"({"return":{},"id":1})")}) {
        expect(std::holds_alternative<no_message>(decoder_.decode(more)), "after an error nothing more is decoded");
        expect(decoder_.error() == error, "the first error stays");
    }
    return std::move(outcome_);
}

/// The size of the next piece.
class cuts
{
public:
    explicit cuts(std::uint8_t choice) : state_(choice) {}
    std::size_t next()
    {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        std::size_t const draw = state_ >> 40;
        return 1 + draw % ((draw & 0x10000) != 0 ? 4 : 61);
    }

private:
    std::uint64_t state_;
};

template <class Size>
outcome decode(std::string_view stream, decoder_limits limits, Size size)
{
    watched_decoder target(limits);
    while (!stream.empty() && !target.failed()) {
        std::string_view const piece = stream.substr(0, size());
        target.feed(piece);
        stream.remove_prefix(piece.size());
    }
    return target.finish(stream);
}

decoder_limits limits_from(std::uint8_t choice, std::uint8_t amount)
{
    decoder_limits result;
    if ((choice & 1) != 0)
        result.max_message_size = amount;  // 0: no limit
    if ((choice & 2) != 0)
        result.max_nesting = std::size_t{1} + amount % 32;
    return result;
}

/// Decodes a stream in which 0xFF delimits messages; if the input chooses so, it may contain garbage.
template <class Size>
outcome decode_delimited(std::string_view stream, decoder_limits limits, bool tolerant, Size size)
{
    decoder target(limits, framing::delimited);
    target.tolerate_garbage(tolerant);
    outcome result;
    while (!stream.empty() && !target.error()) {
        std::vector<char> const piece(stream.begin(),
                                      stream.begin() + static_cast<std::ptrdiff_t>(std::min(size(), stream.size())));
        stream.remove_prefix(piece.size());
        std::string_view input(piece.data(), piece.size());
        while (!input.empty() && !target.error()) {
            message received = target.decode(input);
            expect(!std::holds_alternative<no_message>(received) || input.empty() || target.error(),
                   "input without a complete message is consumed");
            if (!std::holds_alternative<no_message>(received))
                result.messages.push_back(std::move(received));
        }
    }
    result.error = target.error();
    expect(!tolerant || result.error != errc::not_json, "garbage is tolerated");
    std::string_view after = "\xff{\"return\":1}";
    if (!result.error && tolerant && (limits.max_message_size == 0 || limits.max_message_size >= after.size())) {
        message received = target.decode(after);
        if (auto const* cut = std::get_if<unknown_message>(&received); cut != nullptr)
            received = target.decode(after);
        expect(received == message(return_message{{}, json::value(1)}), "after 0xFF the next message is read");
    }
    return result;
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    choices input(std::string_view(reinterpret_cast<char const*>(data), size));
    std::uint8_t const limit_choice = input.byte();
    decoder_limits const limits = limits_from(limit_choice, input.byte());
    cuts pieces(input.byte());
    std::string_view const stream = input.rest();
    outcome const whole = decode(stream, limits, [&] { return stream.size(); });
    expect(whole == decode(stream, limits, [] { return std::size_t{1}; }), "the result is the same byte by byte");
    expect(whole == decode(stream, limits, [&] { return pieces.next(); }), "the result is the same in pieces");
    bool const tolerant = (limit_choice & 4) != 0;
    outcome const delimited = decode_delimited(stream, limits, tolerant, [&] { return stream.size(); });
    expect(delimited == decode_delimited(stream, limits, tolerant, [] { return std::size_t{1}; }),
           "the result is the same byte by byte, with delimiters");
    expect(delimited == decode_delimited(stream, limits, tolerant, [&] { return pieces.next(); }),
           "the result is the same in pieces, with delimiters");
    return 0;
}
