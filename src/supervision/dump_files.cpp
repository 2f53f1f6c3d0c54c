#include "supervision/dump_files.hpp"

#include "detail/json_access.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <limits>

namespace coqmp::detail {

namespace {

constexpr std::string_view pattern_of_time = "00000000T000000.000Z";
constexpr std::string_view end_of_dump = ".elf";
constexpr std::string_view end_of_incomplete = ".partial";

/// A dump also holds the memory of devices, such as a graphics card's, and what describes it all.
constexpr std::uint64_t overhead = std::uint64_t{64} << 20;

bool is_time(std::string_view text) noexcept
{
    auto const fits = [](char here, char expected) { return expected == '0' ? here >= '0' && here <= '9' : here == expected; };
    return std::ranges::equal(text, pattern_of_time, fits);
}

bool is_file_of(std::string_view machine, std::string_view name, std::string_view end) noexcept
{
    return name.size() == machine.size() + 1 + pattern_of_time.size() + end.size() && name.starts_with(machine) &&
           name[machine.size()] == '.' && name.ends_with(end) && is_time(name.substr(machine.size() + 1, pattern_of_time.size()));
}

std::string with_other_end(std::string_view name, std::string_view end, std::string_view other)
{
    if (!name.ends_with(end))
        return {};
    return std::string(name.substr(0, name.size() - end.size())).append(other);
}

std::string mebibytes(std::uint64_t bytes)
{
    return std::to_string((bytes >> 20) + ((bytes & 0xfffff) != 0 ? 1 : 0)) + " MiB";
}

dump_progress dump_progress_named(std::string_view name) noexcept
{
    if (name == "active")
        return dump_progress::active;
    if (name == "completed")
        return dump_progress::completed;
    return name == "failed" ? dump_progress::failed : dump_progress::none;
}

}  // namespace

std::string dump_name(std::string_view machine, std::chrono::system_clock::time_point when)
{
    auto const second = std::chrono::floor<std::chrono::seconds>(when);
    auto const fraction = std::chrono::floor<std::chrono::milliseconds>(when - second).count();
    std::time_t const seconds = std::chrono::system_clock::to_time_t(second);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> date{};
    std::size_t const length = std::strftime(date.data(), date.size(), "%Y%m%dT%H%M%S", &parts);
    std::array<char, 8> rest{};
    std::snprintf(rest.data(), rest.size(), ".%03dZ", static_cast<int>(fraction));
    return std::string(machine).append(".").append(date.data(), length).append(rest.data()).append(end_of_dump);
}

std::string incomplete_name_of(std::string_view dump)
{
    return with_other_end(dump, end_of_dump, end_of_incomplete);
}

std::string complete_name_of(std::string_view incomplete)
{
    return with_other_end(incomplete, end_of_incomplete, end_of_dump);
}

bool is_dump_of(std::string_view machine, std::string_view name) noexcept
{
    return is_file_of(machine, name, end_of_dump);
}

bool is_incomplete_dump_of(std::string_view machine, std::string_view name) noexcept
{
    return is_file_of(machine, name, end_of_incomplete);
}

std::vector<std::string> surplus_dumps(std::string_view machine, std::vector<std::string> names, std::size_t most)
{
    std::erase_if(names, [machine](std::string const& each) { return !is_dump_of(machine, each); });
    if (names.size() <= most)
        return {};
    std::ranges::sort(names);
    names.resize(names.size() - most);
    return names;
}

std::optional<std::uint64_t> guest_memory_in(reply const& answer) noexcept
{
    boost::json::object const* const memory = answer.has_value() ? answer.value().if_object() : nullptr;
    if (memory == nullptr || number_in(*memory, "base-memory") == 0)
        return std::nullopt;
    std::uint64_t const base = number_in(*memory, "base-memory");
    std::uint64_t const plugged = number_in(*memory, "plugged-memory");
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return plugged > most - base ? most : base + plugged;
}

std::string dump_refusal(std::uint64_t memory, dump_settings const& settings, std::uint64_t free)
{
    if (settings.largest != 0 && memory > settings.largest)
        return "its memory (" + mebibytes(memory) + ") is larger than a dump may be (" + mebibytes(settings.largest) + ")";
    if (free < overhead || free - overhead < memory)
        return "there is no room for its memory (" + mebibytes(memory) + ") in " + settings.directory + " (" + mebibytes(free) +
               " are free)";
    return {};
}

dump_progress dump_progress_in(reply const& answer) noexcept
{
    boost::json::object const* const state = answer.has_value() ? answer.value().if_object() : nullptr;
    return state != nullptr ? dump_progress_named(text_in(*state, "status")) : dump_progress::none;
}

dump_progress dump_progress_in(event const& completed) noexcept
{
    boost::json::object const* const result = object_in(completed.data, "result");
    return result != nullptr ? dump_progress_named(text_in(*result, "status")) : dump_progress::none;
}

}  // namespace coqmp::detail
