#include "daemon/access/policy_readers.hpp"

#include "daemon/configuration/value_readers.hpp"
#include "daemon/printable_text.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace coqmp_daemon {

namespace {

constexpr std::size_t longest_command = 60;  // of a name in a message

bool is_command_name(std::string_view name)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return name.find_first_not_of(allowed) == std::string_view::npos;
}

/// A TOML key is a string, even if it looks like a number.
toml_value as_account(toml_entry const& entry)
{
    std::int64_t number = 0;
    char const* const end = entry.key.data() + entry.key.size();
    auto const [stop, error] = std::from_chars(entry.key.data(), end, number);
    if (error == std::errc() && stop == end)
        return {number, entry.position};
    return {entry.key, entry.position};
}

/// @param account reads the key @param example a table for messages
template <class Id>
value_reader<std::vector<account_policy>> policies_of(value_reader<Id> account, std::string example)
{
    return [account = std::move(account), example = std::move(example)](
               setting const& read, problem_list& problems) -> std::optional<std::vector<account_policy>> {
        auto const* const table = std::get_if<toml_table>(&read.value.content);
        if (table == nullptr) {
            add_wrong_value(read, "a table such as " + example, problems);
            return std::nullopt;
        }
        std::vector<account_policy> result;
        for (toml_entry const& each : table->entries) {
            toml_value const key = as_account(each);
            auto const id = account({read.path, each.position, key}, problems);
            auto policy = text()({path_in(read.path, each.key), each.position, each.value}, problems);
            if (id && policy)
                result.push_back({*id, {std::move(*policy), each.value.position}});
        }
        return result;
    };
}

}  // namespace

value_reader<std::vector<located<std::string>>> command_names()
{
    return [](setting const& read, problem_list& problems) -> std::optional<std::vector<located<std::string>>> {
        auto const* const list = std::get_if<toml_list>(&read.value.content);
        if (list == nullptr) {
            add_wrong_value(read, R"(a list of commands, such as ["query-status", "stop"])", problems);
            return std::nullopt;
        }
        std::vector<located<std::string>> result;
        for (toml_value const& each : *list) {
            auto name = text()({read.path, each.position, each}, problems);
            if (name && !is_command_name(*name))
                problems.add(each.position, read.path + ": \"" + printable(*name, longest_command) +
                                                "\" is not the name of a command; there are no patterns");
            else if (name)
                result.push_back({std::move(*name), each.position});
        }
        return result;
    };
}

value_reader<std::vector<account_policy>> policies_of_users()
{
    return policies_of(user(), R"({ alice = "operator" })");
}

value_reader<std::vector<account_policy>> policies_of_groups()
{
    return policies_of(group(), R"({ kvm = "operator" })");
}

}  // namespace coqmp_daemon
