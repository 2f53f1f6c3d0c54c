// Checks the arguments of a command by a schema.
#ifndef COQMP_SRC_SCHEMA_COMMAND_CHECK_HPP
#define COQMP_SRC_SCHEMA_COMMAND_CHECK_HPP

#include "schema/schema_tables.hpp"

#include <coqmp/command.hpp>
#include <coqmp/detail/value_place.hpp>
#include <coqmp/schema_problem.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

/// One check of one command, which the schema knows.
class command_check
{
public:
    command_check(schema_tables const& tables, command const& what) noexcept : tables_(tables), command_(what) {}

    /// The first problem of the arguments.
    [[nodiscard]] std::optional<schema_problem> run();

private:
    using index = schema_tables::index;
    struct possible_member
    {
        schema_tables::member const* member;
        bool is_required;
    };
    using member_list = std::vector<possible_member>;

    void check_value(index type, boost::json::value const& value, value_place const& where, std::size_t depth);
    void check_object(index type, boost::json::object const& given, value_place const& where, std::size_t depth, bool is_open);
    void check_enumeration(schema_tables::type const& type, boost::json::value const& value, value_place const& where);
    void check_alternate(schema_tables::type const& type, boost::json::value const& value, value_place const& where,
                         std::size_t depth);

    [[nodiscard]] member_list members_for(index type, boost::json::object const& given, value_place const& where);
    void report_unknown(index type, member_list const& possible, boost::json::object const& given, value_place const& where);
    void report(schema_problem_kind kind, value_place const& where, std::string reason,
                std::vector<std::string> suggestions = {});

    schema_tables const& tables_;
    command const& command_;
    std::optional<schema_problem> problem_;
};

}  // namespace coqmp::detail

#endif
