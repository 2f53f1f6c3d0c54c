#include "reports/status_table.hpp"

#include "daemon/printable_text.hpp"

#include <coqmp/unexpected_value.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace coqmpd {

namespace {

namespace json = boost::json;

using row = std::array<std::string, 4>;

/// @return `-`: there is no such member
std::string cell(json::object const& machine, std::string_view key)
{
    json::value const* const found = machine.if_contains(key);
    if (found == nullptr)
        return "-";
    return coqmp_daemon::printable(found->is_string() ? std::string_view(found->get_string()) : json::serialize(*found));
}

/// Why a machine is in its state, and what is wrong with its file.
std::string reason_in(json::object const& machine)
{
    std::string reason = cell(machine, "description");
    if (!machine.contains("file"))
        return reason;
    std::string const problem = "its file is " + cell(machine, "file");
    return reason == "-" ? problem : reason + "; " + problem;
}

row row_of(json::value const& machine)
{
    json::object const* const members = machine.if_object();
    if (members == nullptr || !members->contains("name") || !members->contains("state"))
        throw coqmp::unexpected_value("query-machines", "", "not a list of machines");
    return {cell(*members, "name"), cell(*members, "state"), cell(*members, "pid"), reason_in(*members)};
}

/// The last column needs no padding.
std::string line_of(row const& cells, std::array<std::size_t, 4> const& widths)
{
    std::string result;
    for (std::size_t column = 0; column + 1 < cells.size(); ++column)
        result += cells[column] + std::string(widths[column] - cells[column].size() + 2, ' ');
    return result + cells.back() + '\n';
}

}  // namespace

std::string status_table(json::value const& machines)
{
    json::array const* const list = machines.if_array();
    if (list == nullptr)
        throw coqmp::unexpected_value("query-machines", "", "not a list of machines");
    std::vector<row> rows{{"NAME", "STATE", "PID", "REASON"}};
    for (json::value const& each : *list)
        rows.push_back(row_of(each));
    std::array<std::size_t, 4> widths{};
    for (row const& each : rows)
        for (std::size_t column = 0; column < each.size(); ++column)
            widths[column] = std::max(widths[column], each[column].size());
    std::string result;
    for (row const& each : rows)
        result += line_of(each, widths);
    return result;
}

}  // namespace coqmpd
