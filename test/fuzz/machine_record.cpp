// Every text is a record that is written and read back as it is, or is rejected with a reason.
#include "expect.hpp"

#include <coqmp/error.hpp>
#include <coqmp/machine_record.hpp>

#include <boost/system/system_error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace {

using coqmp::machine_record;
using coqmp::fuzz::choices;
using coqmp::fuzz::expect;

/// The record with this text, unless it is rejected.
std::optional<machine_record> parsed(std::string const& text)
{
    try {
        return machine_record::parse(text);
    } catch (boost::system::system_error const& refusal) {
        expect(refusal.code() == coqmp::errc::invalid_record, "a refusal is errc::invalid_record");
        expect(std::string_view(refusal.what()).starts_with("not a machine record: "), "a refusal gives its reason");
        return std::nullopt;
    }
}

/// What machine::adopt() relies on: there is a process, and a path that the kernel takes whole.
bool is_usable(machine_record const& record)
{
    return record.process > 0 && record.start_time > 0 && !record.boot_id.empty() && !record.monitor.empty() &&
           record.boot_id.find('\0') == std::string::npos && record.monitor.find('\0') == std::string::npos;
}

void check_round_trip(machine_record const& original)
{
    std::string const text = to_string(original);
    expect(text.find('\n') == std::string::npos, "a record is one line");
    std::optional<machine_record> const again = parsed(text);
    expect(again.has_value() == is_usable(original), "exactly the usable records are read back");
    if (again) {
        expect(*again == original, "parse() reads back what to_string() writes");
        expect(to_string(*again) == text, "to_string() is stable");
    }
}

/// A record of any numbers and any bytes.
machine_record arbitrary(std::string_view bytes)
{
    choices input(bytes);
    machine_record result;
    for (int count = 0; count < 4; ++count)
        result.process = static_cast<::pid_t>(static_cast<std::uint32_t>(result.process) << 8 | input.byte());
    for (int count = 0; count < 8; ++count)
        result.start_time = result.start_time << 8 | input.byte();
    result.boot_id = input.text(input.byte());
    result.monitor = input.rest();
    return result;
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // A copy of exactly this size, so that a sanitizer notices reads beyond it.
    std::string const text(reinterpret_cast<char const*>(data), size);
    if (std::optional<machine_record> const record = parsed(text)) {
        expect(is_usable(*record), "what parse() accepts is usable");
        check_round_trip(*record);
    }
    check_round_trip(arbitrary(text));
    return 0;
}
