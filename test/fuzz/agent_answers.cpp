// Base64 has one text for each sequence of bytes; whatever a guest agent answers is understood, or is no value.
#include "expect.hpp"

#include "guest_agent/answers.hpp"
#include "guest_agent/base64.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

using namespace coqmp::detail;
using coqmp::fuzz::expect;

/// What RFC 4648 says, written down a second time.
bool is_canonical(std::string_view text)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0)
        return false;
    std::size_t const padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    text.remove_suffix(padding);
    if (text.find_first_not_of(alphabet) != std::string_view::npos)
        return false;
    std::size_t const last = padding == 0 ? 0 : alphabet.find(text.empty() ? '/' : text.back());
    return padding == 0 || (text.size() % 4 == 4 - padding && last % (padding == 2 ? 16 : 4) == 0);
}

void check_base64(std::string const& text)
{
    auto const decoded = decode_base64(text);
    expect(decoded.has_value() == is_canonical(text), "exactly the canonical texts are decoded");
    if (decoded)
        expect(encode_base64(*decoded) == text, "what was decoded is encoded as it was");
    expect(decode_base64(encode_base64(text)) == text, "what was encoded is decoded as it was");
}

void check_answers(std::string const& text)
{
    boost::system::error_code not_json;
    boost::json::value const answer = boost::json::parse(text, not_json);
    if (not_json)
        return;
    if (auto const status = read_exec_status(answer); status && status->has_ended)
        expect(status->result.exit_code.has_value() != status->result.signal.has_value(), "a program ends in one way");
    if (auto const chunk = read_file_chunk(answer, 3))
        expect(chunk->bytes.size() <= 3, "not more bytes are read than were asked for");
    if (auto const written = read_written_bytes(answer, 3))
        expect(*written <= 3, "not more bytes are written than were sent");
    if (auto const information = read_information(answer))
        for (auto const& [name, enabled] : information->commands)
            expect(information->supports(name) && information->is_enabled(name) == enabled, "a listed command is supported");
    static_cast<void>(read_process_id(answer));
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // A copy of exactly this size, so that a sanitizer notices reads beyond it.
    std::string const text(reinterpret_cast<char const*>(data), size);
    check_base64(text);
    check_answers(text);
    return 0;
}
