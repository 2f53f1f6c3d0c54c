// A schema in its compact form: tables that refer to each other by index.
// Invariant: every index and range is valid, and type 0 is the unknown type, so that a reader needs no checks. Types may refer to
// each other in circles.
#ifndef COQMP_SRC_SCHEMA_SCHEMA_TABLES_HPP
#define COQMP_SRC_SCHEMA_SCHEMA_TABLES_HPP

#include <coqmp/schema_kind.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

/// What a running QEMU's schema needs: 300 KiB instead of the 3 MiB of its JSON value.
class schema_tables
{
public:
    using index = std::uint32_t;

    static constexpr index unknown_type = 0;

    /// Characters in `characters`, or entries in a table.
    struct range
    {
        index first = 0;
        index count = 0;
    };

    /// A member of an object, a value of an enumeration (without a type), or an alternative (without a name).
    struct member
    {
        range name;
        range features;
        index type = unknown_type;
        bool optional = false;
    };

    struct variant
    {
        range value;
        index type = unknown_type;
    };

    struct type
    {
        schema_kind kind = schema_kind::any;
        range tag;       ///< of a union: the name of the member that chooses the variant
        range members;   ///< of an object: required ones first; of an enumeration: its values; of an alternate: its types
        range variants;  ///< of a union
        index element = unknown_type;
    };

    /// A command or an event.
    struct entry
    {
        range name;
        range features;
        index arguments = unknown_type;
        index returns = unknown_type;
        bool out_of_band = false;
    };

    std::string characters;
    std::vector<range> features;
    std::vector<member> members;
    std::vector<variant> variants;
    std::vector<type> types;
    std::vector<entry> commands;  ///< sorted by name
    std::vector<entry> events;    ///< sorted by name

    [[nodiscard]] std::string_view text(range which) const noexcept
    {
        return std::string_view(characters).substr(which.first, which.count);
    }

    [[nodiscard]] std::span<member const> members_of(type const& which) const noexcept
    {
        return std::span(members).subspan(which.members.first, which.members.count);
    }

    [[nodiscard]] std::span<variant const> variants_of(type const& which) const noexcept
    {
        return std::span(variants).subspan(which.variants.first, which.variants.count);
    }

    [[nodiscard]] std::vector<std::string_view> feature_names(range which) const;
    [[nodiscard]] bool has_feature(range which, std::string_view name) const noexcept;

    /// @return null: there is none of that name
    [[nodiscard]] entry const* find(std::vector<entry> const& entries, std::string_view name) const noexcept;

    /// Whether the command takes arguments that the schema does not list. The schema does not say so: QAPI calls it `gen: false`.
    [[nodiscard]] bool takes_more_arguments(entry const& command) const noexcept;

    /// @return null: there is none of that name
    [[nodiscard]] member const* find_member(type const& which, std::string_view name) const noexcept;

    /// The type of the members that a value of the tag adds. @return unknown_type: it adds none
    [[nodiscard]] index find_variant(type const& which, std::string_view value) const noexcept;
};

/// A variant of a union may be a union itself. QEMU stops at two; a damaged schema could go round in circles.
inline constexpr int most_unions_in_unions = 4;

}  // namespace coqmp::detail

#endif
