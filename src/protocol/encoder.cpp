// Encodes a command and checks it in one pass.
#include "protocol/encoder.hpp"

#include <coqmp/error.hpp>

#include "protocol/json_writer.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace coqmp::protocol {

namespace {

/// QEMU's own limit of a message.
constexpr std::size_t longest_command = (std::size_t{64} << 20) - longest_id;

constexpr std::string_view id_member = R"(,"id":)";

bool write_command(json_writer& out, command const& request)
{
    bool good = out.tokens(request.is_out_of_band() ? R"({"exec-oob":)" : R"({"execute":)", 3) && out.text(request.name());
    if (good && !request.arguments().empty())
        good = out.tokens(R"(,"arguments":)", 3) && out.object(request.arguments(), 2);
    return good && out.tokens(id_member, 5);  // including the id and the closing brace
}

}  // namespace

boost::system::error_code encode(command const& request, std::string& output)
{
    std::size_t const start = output.size();
    try {
        json_writer out(output, longest_command);
        if (write_command(out, request))
            return {};
        output.resize(start);
        return make_error_code(out.refusal());
    } catch (...) {
        output.resize(start);  // half a command would corrupt all commands after it
        throw;
    }
}

void append_id(std::uint64_t id, std::string& output)
{
    std::array<char, longest_id> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled from its end
    std::size_t begin = text.size();
    text[--begin] = '}';
    do {
        text[--begin] = static_cast<char>('0' + id % 10);
        id /= 10;
    } while (id != 0);
    output.append(text.data() + begin, text.size() - begin);
}

void append_no_id(std::string& output)
{
    output.resize(output.size() - id_member.size());
    output += '}';
}

}  // namespace coqmp::protocol
