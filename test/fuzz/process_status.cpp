// Whatever a process calls itself, its status is read from behind its name; other texts do no harm.
#include "expect.hpp"

#include "detail/process_status.hpp"

#include <string>
#include <string_view>

namespace {

using coqmp::detail::parse_process_status;
using coqmp::detail::process_status;
using coqmp::fuzz::choices;
using coqmp::fuzz::expect;

template <class Number>
Number number_from(choices& input)
{
    std::uint64_t number = 0;
    for (int count = input.byte() % 9; count > 0; --count)
        number = number << 8 | input.byte();
    return static_cast<Number>(number);
}

/// A line as the kernel writes it, and cut off anywhere. A name has at most 15 bytes, of any value but 0.
void check_line(std::string_view bytes)
{
    choices input(bytes);
    process_status wanted;
    wanted.state = "RSDZTtXI"[input.byte() % 8];
    wanted.parent = static_cast<::pid_t>(number_from<std::uint32_t>(input) >> 1);
    wanted.start_time = number_from<std::uint64_t>(input);
    std::string line = "4711 (" + std::string(input.text(15)) + ") " + wanted.state + ' ' + std::to_string(wanted.parent);
    for (int field = 5; field < 22; ++field)
        line += ' ' + std::to_string(number_from<std::int64_t>(input));
    std::size_t const before = line.size();
    line += ' ' + std::to_string(wanted.start_time) + " 1 2 3\n";

    process_status const found = parse_process_status(line);
    expect(found.state == wanted.state, "the state is read, whatever the name is");
    expect(found.parent == wanted.parent, "the parent is read, whatever the name is");
    expect(found.start_time == wanted.start_time, "the start time is read, whatever the name is");
    expect(parse_process_status(line.substr(0, before)).start_time == 0, "a line that was cut off has no start time");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // A copy of exactly this size, so that a sanitizer notices reads beyond it.
    std::string const text(reinterpret_cast<char const*>(data), size);
    process_status const found = parse_process_status(text);
    expect(text.find(") ") != std::string::npos || found.state == process_status().state, "without a name there is no status");
    check_line(text);
    return 0;
}
