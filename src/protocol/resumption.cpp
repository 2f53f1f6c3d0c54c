#include "protocol/resumption.hpp"

#include "detail/json_access.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

namespace coqmp::protocol {

namespace {

int part_in(boost::json::object const& numbers, std::string_view name)
{
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(detail::number_in(numbers, name), most));
}

/// The result of `query-version`.
version version_in(boost::json::value const& returned)
{
    version result;
    boost::json::object const* const members = returned.if_object();
    if (members == nullptr)
        return result;
    result.package = detail::text_in(*members, "package");
    if (auto const* const numbers = detail::object_in(*members, "qemu")) {
        result.major = part_in(*numbers, "major");
        result.minor = part_in(*numbers, "minor");
        result.micro = part_in(*numbers, "micro");
    }
    return result;
}

}  // namespace

// The earlier client may have sent half a command. A byte that never occurs in JSON makes QEMU forget that half; it answers with
// an error without an id.
void resumption::begin(std::string& output) const
{
    output += "\xff";
    output.append(R"({"execute":"query-version","id":")").append(id_).append("\"}");
}

handshake_step resumption::handle(message& received)
{
    if (auto* const returned = std::get_if<return_message>(&received)) {
        if (!is_ours(returned->id))
            return handshake_step::not_mine;
        greeting_.version = version_in(returned->value);
        if (out_of_band_)
            greeting_.capabilities = {"oob"};
        return handshake_step::done;
    }
    if (auto const* const refusal = std::get_if<error_message>(&received)) {
        if (std::holds_alternative<std::monostate>(refusal->id))
            return handshake_step::taken;
        return is_ours(refusal->id) ? fail(errc::negotiation_refused) : handshake_step::not_mine;
    }
    return fail(errc::not_qmp);  // such as a greeting: then QEMU has not been negotiated with
}

handshake_step resumption::fail(errc why)
{
    error_ = make_error_code(why);
    return handshake_step::failed;
}

bool resumption::is_ours(message_id const& id) const noexcept
{
    auto const* const text = std::get_if<std::string>(&id);
    return text != nullptr && *text == id_;
}

}  // namespace coqmp::protocol
