#include "daemon/configuration/problem_list.hpp"

#include "daemon/printable_text.hpp"

#include <algorithm>
#include <utility>

namespace coqmp_daemon {

namespace {

std::string joined(std::vector<std::string> const& lines)
{
    std::string result;
    for (std::string const& each : lines)
        result.append(result.empty() ? "" : "\n").append(each);
    return result;
}

}  // namespace

configuration_error::configuration_error(std::vector<std::string> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems))
{}

void problem_list::add(file_position position, std::string_view sentence)
{
    auto const place = std::ranges::upper_bound(problems_, position, {}, &problem::position);
    problems_.insert(place, {position, printable(sentence)});
}

std::vector<std::string> problem_list::lines() const
{
    std::vector<std::string> result;
    for (problem const& each : problems_)
        result.push_back(printable(file_) + ':' + std::to_string(each.position.line) + ':' +
                         std::to_string(each.position.column) + ": " + each.sentence);
    return result;
}

void problem_list::throw_if_any() const
{
    if (!problems_.empty())
        throw configuration_error(lines());
}

}  // namespace coqmp_daemon
