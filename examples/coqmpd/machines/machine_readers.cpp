#include "machines/machine_readers.hpp"

#include "daemon/configuration/value_readers.hpp"
#include "daemon/printable_text.hpp"
#include "machines/machine_name.hpp"

#include <coqmp/monitor_policy.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

namespace coqmpd {

namespace {

using coqmp_daemon::problem_list;
using coqmp_daemon::setting;
using coqmp_daemon::toml_list;
using coqmp_daemon::toml_value;
using coqmp_daemon::value_reader;

constexpr std::size_t longest_quotation = 60;

std::string in_quotes(std::string_view text)
{
    return '"' + coqmp_daemon::printable(text, longest_quotation) + '"';
}

/// Says why an item of a list is wrong; empty: it is right.
using item_check = std::function<std::string(std::string const&)>;

/// A list of strings that all pass a check.
value_reader<std::vector<located<std::string>>> list_of(std::string expected, item_check check)
{
    return [expected = std::move(expected), check = std::move(check)](
               setting const& read, problem_list& problems) -> std::optional<std::vector<located<std::string>>> {
        auto const* const list = std::get_if<toml_list>(&read.value.content);
        if (list == nullptr) {
            coqmp_daemon::add_wrong_value(read, expected, problems);
            return std::nullopt;
        }
        std::vector<located<std::string>> result;
        for (toml_value const& each : *list) {
            auto const* const text = std::get_if<std::string>(&each.content);
            if (text == nullptr)
                coqmp_daemon::add_wrong_value({read.path, each.position, each}, "a string in quotes", problems);
            else if (std::string const reason = check(*text); !reason.empty())
                problems.add(each.position, read.path + ": " + reason);
            else
                result.push_back({*text, each.position});
        }
        return result;
    };
}

value_reader<std::vector<std::string>> without_places(value_reader<std::vector<located<std::string>>> reader)
{
    return [reader = std::move(reader)](setting const& read, problem_list& problems) -> std::optional<std::vector<std::string>> {
        auto const located_items = reader(read, problems);
        if (!located_items)
            return std::nullopt;
        std::vector<std::string> result;
        for (auto const& each : *located_items)
            result.push_back(each.value);
        return result;
    };
}

/// For execve(), the string would end there.
std::string find_null(std::string const& text)
{
    return text.find('\0') == std::string::npos ? "" : in_quotes(text) + " has a null character, which no program can receive";
}

std::string find_variable_problem(std::string const& text)
{
    std::size_t const equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return in_quotes(text) + " is not of the form NAME=value";
    return find_null(text);
}

std::string find_event_problem(std::string const& text)
{
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    if (!text.empty() && text.find_first_not_of(allowed) == std::string::npos)
        return {};
    return in_quotes(text) + " is not the name of an event; there are no patterns";
}

/// Reads the number of an account. @param account does it
template <class Id>
value_reader<Id> known_account(value_reader<Id> account, account_check check)
{
    return [account = std::move(account), check](setting const& read, problem_list& problems) {
        problem_list ignored("");
        return account(read, check == account_check::all ? problems : ignored);
    };
}

/// Checks that an account exists. @param account reads its number
template <class Id>
value_reader<std::string> account_text(value_reader<Id> account, account_check check)
{
    return [account = known_account(std::move(account), check), check](setting const& read,
                                                                       problem_list& problems) -> std::optional<std::string> {
        if (!account(read, problems) && check == account_check::all)
            return std::nullopt;
        if (auto const* const number = std::get_if<std::int64_t>(&read.value.content))
            return std::to_string(*number);
        auto const* const text = std::get_if<std::string>(&read.value.content);
        return text != nullptr ? std::optional(*text) : std::nullopt;
    };
}

coqmp::endpoint const* parse_address(setting const& read, std::string const& text, problem_list& problems,
                                     std::optional<coqmp::endpoint>& into)
{
    try {
        into = coqmp::endpoint::parse(text);
        return &*into;
    } catch (boost::system::system_error const& error) {
        problems.add(read.value.position, read.path + ": " + in_quotes(text) + ": " + error.what());
        return nullptr;
    }
}

bool has_wildcard(std::string_view text)
{
    return text.find_first_of("*?[") != std::string_view::npos;
}

/// Splits a pattern. @return why it cannot be used; empty: it can
std::string split_pattern(std::string_view text, observed_monitors& into)
{
    constexpr std::string_view scheme = "unix:";
    if (text.starts_with(scheme))
        text.remove_prefix(scheme.size());
    std::size_t const slash = text.rfind('/');
    if (text.empty() || text.front() != '/')
        return "a pattern must be the absolute path of sockets, such as /run/vms/*.qmp";
    into.directory = slash == 0 ? "/" : text.substr(0, slash);
    into.pattern = text.substr(slash + 1);
    if (has_wildcard(into.directory))
        return "only the last part of a pattern may have wildcards, because one directory is watched";
    return {};
}

}  // namespace

value_reader<std::vector<located<std::string>>> program_arguments()
{
    return list_of(R"(a list of strings, such as ["-M", "q35"])", find_null);
}

value_reader<std::vector<std::string>> plain_arguments()
{
    return without_places(program_arguments());
}

value_reader<std::vector<std::string>> variables()
{
    return without_places(list_of(R"(a list of strings such as ["LANG=C"])", find_variable_problem));
}

value_reader<std::vector<located<std::string>>> machine_names()
{
    auto reader =
        list_of(R"(a list of machines, such as ["router"])", [](std::string const& name) { return find_name_problem(name); });
    return [reader = std::move(reader)](setting const& read, problem_list& problems) {
        auto result = reader(read, problems);
        std::set<std::string_view> seen;
        for (auto const& each : result ? *result : std::vector<located<std::string>>())
            if (!seen.insert(each.value).second)
                problems.add(each.position, read.path + ": " + in_quotes(each.value) + " appears twice");
        return result;
    };
}

value_reader<std::string> absolute_path()
{
    return [](setting const& read, problem_list& problems) -> std::optional<std::string> {
        auto const* const text = std::get_if<std::string>(&read.value.content);
        if (text != nullptr && text->starts_with('/') && find_null(*text).empty())
            return *text;
        coqmp_daemon::add_wrong_value(read, "an absolute path in quotes", problems);
        return std::nullopt;
    };
}

value_reader<std::string> user_text(account_check check)
{
    return account_text(coqmp_daemon::user(), check);
}

value_reader<std::string> group_text(account_check check)
{
    return account_text(coqmp_daemon::group(), check);
}

value_reader<::uid_t> known_user(account_check check)
{
    return known_account(coqmp_daemon::user(), check);
}

value_reader<::gid_t> known_group(account_check check)
{
    return known_account(coqmp_daemon::group(), check);
}

value_reader<double> cpu_count()
{
    return [](setting const& read, problem_list& problems) -> std::optional<double> {
        constexpr double least = 0.01;  // the kernel's smallest quota is 1 ms, in a period of 100 ms
        constexpr double most = 10'000;
        auto const* const number = std::get_if<double>(&read.value.content);
        auto const* const integer = std::get_if<std::int64_t>(&read.value.content);
        double const value = number != nullptr ? *number : integer != nullptr ? static_cast<double>(*integer) : 0;
        if (value >= least && value <= most)
            return value;
        coqmp_daemon::add_wrong_value(read, "a number of CPUs from 0.01 to 10000", problems);
        return std::nullopt;
    };
}

value_reader<coqmp::endpoint> dialed_address()
{
    return [](setting const& read, problem_list& problems) -> std::optional<coqmp::endpoint> {
        auto const text = coqmp_daemon::text()(read, problems);
        std::optional<coqmp::endpoint> result;
        if (!text || parse_address(read, *text, problems, result) == nullptr)
            return std::nullopt;
        if (!result->is_descriptor())
            return result;
        problems.add(read.value.position,
                     read.path + ": a descriptor cannot be named in a file: give a unix socket or a TCP port");
        return std::nullopt;
    };
}

value_reader<observed_monitors> observed()
{
    return [](setting const& read, problem_list& problems) -> std::optional<observed_monitors> {
        auto const text = coqmp_daemon::text()(read, problems);
        if (!text)
            return std::nullopt;
        observed_monitors result;
        if (!has_wildcard(*text) || text->starts_with("tcp:")) {
            result.address = dialed_address()(read, problems);
            return result.address ? std::optional(result) : std::nullopt;
        }
        std::string const reason = split_pattern(*text, result);
        if (reason.empty())
            return result;
        problems.add(read.value.position, read.path + ": " + in_quotes(*text) + ": " + reason);
        return std::nullopt;
    };
}

value_reader<std::string> monitor_policy_name()
{
    return [](setting const& read, problem_list& problems) -> std::optional<std::string> {
        auto const names = coqmp::monitor_policy::built_in_names();
        auto const index = coqmp_daemon::read_choice(read, names, problems);
        return index ? std::optional(names[*index]) : std::nullopt;
    };
}

value_reader<std::vector<std::string>> event_names()
{
    return without_places(list_of(R"(a list of events, such as ["GUEST_PANICKED"])", find_event_problem));
}

value_reader<std::vector<std::string>> names_among(std::vector<std::string> const& known)
{
    return [known](setting const& read, problem_list& problems) -> std::optional<std::vector<std::string>> {
        auto const* const list = std::get_if<toml_list>(&read.value.content);
        if (list == nullptr) {
            coqmp_daemon::add_wrong_value(read, "a list of strings, such as [\"" + known.front() + "\"]", problems);
            return std::nullopt;
        }
        std::vector<std::string> result;
        for (toml_value const& each : *list)
            if (auto const index = coqmp_daemon::read_choice({read.path, each.position, each}, known, problems))
                result.push_back(known[*index]);
        return result;
    };
}

}  // namespace coqmpd
