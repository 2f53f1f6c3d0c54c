// A type in a schema.
#ifndef COQMP_SCHEMA_TYPE_HPP
#define COQMP_SCHEMA_TYPE_HPP

#include <coqmp/schema_kind.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

namespace detail {
class schema_tables;
}

class schema_member;

/// A type. A small value that keeps its schema; texts that it returns are valid as long as any part of the schema exists.
///
/// Types refer to each other, in circles too: a program that walks through them must know where it has been. Names of members can
/// be paths: `file.driver` is a member of a member. A path goes through arrays without a sign, and, where it reaches a union,
/// through all variants.
/// @par Threads Distinct objects may be used from distinct threads, also those of one schema.
/// @see examples/qmp-shell/language/explain/help.cpp
class schema_type
{
public:
    /// An unknown type: any value fits.
    schema_type() noexcept = default;

    /// Whether the schema explains the type. False for a schema_type that was not taken from a schema.
    [[nodiscard]] explicit operator bool() const noexcept { return tables_ != nullptr && index_ != 0; }

    [[nodiscard]] schema_kind kind() const noexcept;

    /// The values of an enumeration, in QEMU's order; empty for every other kind.
    [[nodiscard]] std::vector<std::string> values() const;
    /// Whether an enumeration, or an enumeration among the types of an alternate, has this value.
    [[nodiscard]] bool has_value(std::string_view value) const noexcept;
    /// Whether a value of an enumeration has a feature (`deprecated`). QEMU 6.2 and later say it.
    [[nodiscard]] bool value_has_feature(std::string_view value, std::string_view feature) const noexcept;

    /// The type of the elements of an array; unknown for every other kind.
    [[nodiscard]] schema_type element() const noexcept;

    /// The types of an alternate; empty for every other kind.
    [[nodiscard]] std::vector<schema_type> alternatives() const;
    /// The type of that kind: the type itself, or the alternative of an alternate. Unknown if there is none.
    [[nodiscard]] schema_type as(schema_kind wanted) const noexcept;

    /// The members that an object always has, required ones first; empty for every other kind.
    [[nodiscard]] std::vector<schema_member> members() const;
    /// members(), and those of all variants of a union, with schema_member::when(). At most 10,000.
    [[nodiscard]] std::vector<schema_member> all_members() const;
    /// The member whose value chooses the variant of a union; empty if the type is not a union.
    [[nodiscard]] std::string_view tag() const noexcept;
    /// The members that a value of the tag adds, as an object; unknown if it adds none.
    [[nodiscard]] schema_type variant(std::string_view value) const noexcept;

    /// All members that a path leads to: one for each variant that has it.
    [[nodiscard]] std::vector<schema_member> find_members(std::string_view path) const;
    /// Whether a path leads to a member.
    [[nodiscard]] bool has_member(std::string_view path) const;

    /// Whether two views are of one type of one schema.
    friend bool operator==(schema_type const& left, schema_type const& right) noexcept
    {
        return left.tables_ == right.tables_ && left.index_ == right.index_;
    }

private:
    friend class schema_member;
    friend class schema_command;
    friend class schema_event;
    schema_type(std::shared_ptr<detail::schema_tables const> tables, std::size_t index) noexcept
        : tables_(std::move(tables)), index_(index)
    {}

    std::shared_ptr<detail::schema_tables const> tables_;
    std::size_t index_ = 0;
};

}  // namespace coqmp

#endif
