#include "audit/audit_line.hpp"

#include "daemon/printable_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace json = boost::json;

namespace qmp_proxy {

namespace {

/// The longest command of QEMU 10 has 39 characters.
constexpr std::size_t longest_name = 100;

/// In UTC, with milliseconds: `2026-11-30T19:19:21.042Z`.
std::string timestamp(std::chrono::system_clock::time_point when)
{
    using std::chrono::floor;
    auto const seconds = floor<std::chrono::seconds>(when);
    std::time_t const time = std::chrono::system_clock::to_time_t(seconds);
    std::tm fields = {};
    ::gmtime_r(&time, &fields);
    std::array<char, 32> text{};
    std::size_t const size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &fields);
    auto const rest = static_cast<int>(floor<std::chrono::milliseconds>(when - seconds).count());
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", rest);
    return std::string(text.data(), size) + fraction.data();
}

char const* outcome_of(coqmp::monitor_audit const& what)
{
    return what.was_refused           ? "refused"
           : what.was_dropped         ? "dropped"
           : what.has_left            ? "left"
           : what.error_class.empty() ? "done"
                                      : "failed";
}

/// Milliseconds with three decimals. Boost.JSON would print an exponent.
std::string milliseconds(std::chrono::nanoseconds duration)
{
    auto const count = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::microseconds>(duration).count());
    std::string const fraction = std::to_string(count % 1000);
    return std::to_string(count / 1000) + '.' + std::string(3 - fraction.size(), '0') + fraction;
}

}  // namespace

std::string audit_line(coqmp::monitor_audit const& what, std::chrono::system_clock::time_point now)
{
    json::object line;
    line["time"] = timestamp(now);
    line["client"] = what.client.number;
    if (what.client.process > 0)
        line["pid"] = what.client.process;
    if (what.client.user)
        line["uid"] = *what.client.user;
    line["socket"] = what.client.server.to_string();
    line["policy"] = what.policy;
    line["command"] = coqmp_daemon::printable(what.command, longest_name);
    line["outcome"] = outcome_of(what);
    if (!what.error_class.empty())
        line["error"] = coqmp_daemon::printable(what.error_class, longest_name);
    std::string result = json::serialize(line);
    result.back() = ',';
    return result + "\"ms\":" + milliseconds(what.duration) + "}\n";
}

std::string lost_lines(std::uint64_t count, std::chrono::system_clock::time_point now)
{
    return json::serialize(json::object{{"time", timestamp(now)}, {"lost", count}}) + '\n';
}

}  // namespace qmp_proxy
