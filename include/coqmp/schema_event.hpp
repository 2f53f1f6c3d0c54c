// An event in a schema.
#ifndef COQMP_SCHEMA_EVENT_HPP
#define COQMP_SCHEMA_EVENT_HPP

#include <coqmp/schema_type.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// An event. A small value that keeps its schema; texts that it returns are valid as long as any part of the schema exists.
/// @par Threads Distinct objects may be used from distinct threads, also those of one schema.
/// @see examples/qmp-shell/language/explain/help.cpp
class schema_event
{
public:
    /// Its name.
    [[nodiscard]] std::string_view name() const noexcept;
    /// Its data, an object.
    [[nodiscard]] schema_type data() const noexcept;
    /// Its features, such as `deprecated` and `unstable`.
    [[nodiscard]] std::vector<std::string_view> features() const;
    /// Whether it has a feature.
    [[nodiscard]] bool has_feature(std::string_view name) const noexcept;

private:
    friend class schema;
    schema_event(std::shared_ptr<detail::schema_tables const> tables, std::size_t index) noexcept
        : tables_(std::move(tables)), index_(index)
    {}

    std::shared_ptr<detail::schema_tables const> tables_;
    std::size_t index_;
};

}  // namespace coqmp

#endif
