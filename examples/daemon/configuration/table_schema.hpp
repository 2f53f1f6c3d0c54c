// The keys that a table of a configuration file may have, and where their values go.
#ifndef COQMP_DAEMON_CONFIGURATION_TABLE_SCHEMA_HPP
#define COQMP_DAEMON_CONFIGURATION_TABLE_SCHEMA_HPP

#include "daemon/configuration/setting.hpp"

#include <algorithm>
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp_daemon {

/// Says what a table contains and which member of `Settings` each key belongs to. A key that it does not name is refused.
///
/// A member keeps its value if its key is absent, so that defaults are the members' initial values. It may be a `Value`, a
/// `std::optional<Value>`, or a `located<Value>`.
/// @code
/// table_schema<listen_settings> listen;
/// listen.required("address", &listen_settings::address, text()).optional("mode", &listen_settings::mode, file_mode());
/// table_schema<settings> file;
/// file.required("upstream", &settings::upstream, text()).tables("listen", &settings::listen, listen);
/// @endcode
/// @par Threads One at a time; distinct objects are independent.
template <class Settings>
class table_schema
{
public:
    /// A key that must be there.
    /// @param member may be that of a base class
    template <class Value, class Member, class Owner>
        requires std::derived_from<Settings, Owner>
    table_schema& required(std::string key, Member Owner::* member, value_reader<Value> reader)
    {
        return add(std::move(key), true, storing(member, std::move(reader)));
    }

    /// A key that may be absent.
    /// @copydoc required
    template <class Value, class Member, class Owner>
        requires std::derived_from<Settings, Owner>
    table_schema& optional(std::string key, Member Owner::* member, value_reader<Value> reader)
    {
        return add(std::move(key), false, storing(member, std::move(reader)));
    }

    /// A table, `[KEY]`, that may be absent; then its required keys may be absent, too.
    template <class Inner, class Member>
    table_schema& table(std::string key, Member Settings::* member, table_schema<Inner> schema)
    {
        return add(std::move(key), false, storing(member, one_table(std::move(schema))));
    }

    /// Any number of tables in order, `[[KEY]]`. A `Member` is a vector of `Inner` or of `located<Inner>`.
    template <class Inner, class Member>
    table_schema& tables(std::string key, Member Settings::* member, table_schema<Inner> schema)
    {
        return add(std::move(key), false,
                   [member, reader = one_table(std::move(schema))](setting const& read, Settings& into, problem_list& problems) {
                       auto const* const list = std::get_if<toml_list>(&read.value.content);
                       if (list == nullptr)
                           return add_wrong_value(read, "a list of tables, [[" + read.path + "]]", problems);
                       for (toml_value const& each : *list)
                           if (auto inner = reader({read.path, each.position, each}, problems))
                               store((into.*member).emplace_back(), std::move(*inner), each.position);
                   });
    }

    /// Tables with names that the file's author chooses, `[KEY.NAME]`. A `Member` is a map from a string to `Inner` or to
    /// `located<Inner>`.
    template <class Inner, class Member>
    table_schema& named_tables(std::string key, Member Settings::* member, table_schema<Inner> schema)
    {
        return add(std::move(key), false,
                   [member, reader = one_table(std::move(schema))](setting const& read, Settings& into, problem_list& problems) {
                       auto const* const table = std::get_if<toml_table>(&read.value.content);
                       if (table == nullptr)
                           return add_wrong_value(read, "tables with names, [" + read.path + ".NAME]", problems);
                       for (toml_entry const& each : table->entries)
                           if (auto inner = reader({path_in(read.path, each.key), each.position, each.value}, problems))
                               store((into.*member)[each.key], std::move(*inner), each.position);
                   });
    }

    /// Reads all keys, and goes on after a wrong one.
    /// @param path the table's; empty: the file's top table
    /// @param position where the table begins
    void read(toml_table const& table, std::string const& path, file_position position, Settings& into,
              problem_list& problems) const
    {
        for (key_rule const& each : rules_)
            if (each.is_required && std::ranges::find(table.entries, each.key, &toml_entry::key) == table.entries.end())
                add_missing_key(each.key, path, position, problems);
        for (toml_entry const& each : table.entries) {
            auto const rule = std::ranges::find(rules_, each.key, &key_rule::key);
            if (rule == rules_.end())
                add_unknown_key(each, path, keys(), problems);
            else
                rule->read({path_in(path, each.key), each.position, each.value}, into, problems);
        }
    }

private:
    using read_function = std::function<void(setting const&, Settings&, problem_list&)>;

    struct key_rule
    {
        std::string key;
        bool is_required;
        read_function read;
    };

    table_schema& add(std::string key, bool is_required, read_function read)
    {
        rules_.push_back({std::move(key), is_required, std::move(read)});
        return *this;
    }

    template <class Value, class Member, class Owner>
    static read_function storing(Member Owner::* member, value_reader<Value> reader)
    {
        return [member, reader = std::move(reader)](setting const& read, Settings& into, problem_list& problems) {
            if (auto value = reader(read, problems))
                store(into.*member, std::move(*value), read.value.position);
        };
    }

    template <class Inner>
    static value_reader<Inner> one_table(table_schema<Inner> schema)
    {
        return [schema = std::move(schema)](setting const& read, problem_list& problems) -> std::optional<Inner> {
            auto const* const table = std::get_if<toml_table>(&read.value.content);
            if (table == nullptr) {
                add_wrong_value(read, "a table", problems);
                return std::nullopt;
            }
            Inner result{};
            schema.read(*table, read.path, read.position, result, problems);
            return result;
        };
    }

    template <class Member, class Value>
    static void store(Member& member, Value value, file_position)
    {
        member = std::move(value);
    }

    template <class Member, class Value>
    static void store(located<Member>& member, Value value, file_position position)
    {
        member.value = std::move(value);
        member.position = position;
    }

    [[nodiscard]] std::vector<std::string> keys() const
    {
        std::vector<std::string> result;
        for (key_rule const& each : rules_)
            result.push_back(each.key);
        return result;
    }

    std::vector<key_rule> rules_;
};

}  // namespace coqmp_daemon

#endif
