// A member of an object in a schema: an argument of a command, or part of an event or of a nested value.
#ifndef COQMP_SCHEMA_MEMBER_HPP
#define COQMP_SCHEMA_MEMBER_HPP

#include <coqmp/schema_type.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// A member. A small value that keeps its schema; texts that it returns are valid as long as any part of the schema exists.
/// @par Threads Distinct objects may be used from distinct threads, also those of one schema.
/// @see examples/qmp-shell/language/explain/help.cpp
class schema_member
{
public:
    /// When a member of a union exists: when the tag, another member, has this value.
    struct condition
    {
        std::string_view tag;
        std::string_view value;

        friend bool operator==(condition const&, condition const&) = default;
    };

    /// Its name, as QEMU writes it.
    [[nodiscard]] std::string_view name() const noexcept;
    /// The type of its value.
    [[nodiscard]] schema_type type() const noexcept;
    /// Whether it can be left out.
    [[nodiscard]] bool is_optional() const noexcept;
    /// Its features, such as `deprecated` and `unstable`.
    [[nodiscard]] std::vector<std::string_view> features() const;
    /// Whether it has a feature.
    [[nodiscard]] bool has_feature(std::string_view name) const noexcept;
    /// Nothing: the member always exists.
    [[nodiscard]] std::optional<condition> when() const noexcept { return when_; }

private:
    friend class schema_type;
    schema_member(std::shared_ptr<detail::schema_tables const> tables, std::size_t index, std::optional<condition> when) noexcept
        : tables_(std::move(tables)), index_(index), when_(when)
    {}

    std::shared_ptr<detail::schema_tables const> tables_;
    std::size_t index_;
    std::optional<condition> when_;
};

}  // namespace coqmp

#endif
