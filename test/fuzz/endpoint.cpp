// Every text is an endpoint that can be written and read back, or is rejected with a reason.
#include "expect.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>

#include <cstring>
#include <functional>
#include <optional>
#include <string>

namespace {

using coqmp::endpoint;
using coqmp::fuzz::choices;
using coqmp::fuzz::expect;

/// The endpoint that `make` returns, unless it is rejected.
std::optional<endpoint> made(std::function<endpoint()> const& make)
{
    try {
        return make();
    } catch (boost::system::system_error const& refusal) {
        expect(refusal.code() == coqmp::errc::invalid_endpoint, "a refusal is errc::invalid_endpoint");
        // what() is the reason alone, without the general text of the code.
        expect(std::strlen(refusal.what()) > 0 && refusal.what() != refusal.code().what(), "a refusal gives its reason");
        return std::nullopt;
    }
}

void round_trip(std::optional<endpoint> const& original)
{
    if (!original)
        return;
    expect(original->is_unix() + original->is_tcp() + original->is_descriptor() == 1, "an endpoint is of one kind");
    std::string const text = original->to_string();
    std::optional<endpoint> const again = made([&] { return endpoint::parse(text); });
    expect(again.has_value(), "parse() accepts what to_string() writes");
    expect(*again == *original, "parse() reads back what to_string() writes");
    expect(again->to_string() == text, "to_string() is stable");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // A copy of exactly this size, so that a sanitizer notices reads beyond it.
    std::string const text(reinterpret_cast<char const*>(data), size);
    round_trip(made([&] { return endpoint::parse(text); }));
    round_trip(made([&] { return endpoint::unix_socket(text); }));
    choices input(text);
    auto const port = static_cast<std::uint16_t>(input.byte() << 8 | input.byte());
    std::string const host(input.rest());
    round_trip(made([&] { return endpoint::tcp(host, port); }));
    round_trip(made([&] { return endpoint::descriptor(port - 1024); }));
    return 0;
}
