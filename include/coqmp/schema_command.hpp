// A command in a schema.
#ifndef COQMP_SCHEMA_COMMAND_HPP
#define COQMP_SCHEMA_COMMAND_HPP

#include <coqmp/schema_type.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// A command. A small value that keeps its schema; texts that it returns are valid as long as any part of the schema exists.
/// @par Threads Distinct objects may be used from distinct threads, also those of one schema.
/// @see examples/qmp-shell/language/explain/help.cpp
class schema_command
{
public:
    /// Its name.
    [[nodiscard]] std::string_view name() const noexcept;
    /// Its arguments, an object.
    [[nodiscard]] schema_type arguments() const noexcept;
    /// What it returns.
    [[nodiscard]] schema_type returns() const noexcept;
    /// Whether it can be sent out of band.
    [[nodiscard]] bool allows_out_of_band() const noexcept;
    /// Whether it takes arguments that the schema does not list: `device_add` does, because its arguments are the properties of
    /// the device.
    [[nodiscard]] bool takes_more_arguments() const noexcept;
    /// Its features, such as `deprecated` and `unstable`.
    [[nodiscard]] std::vector<std::string_view> features() const;
    /// Whether it has a feature.
    [[nodiscard]] bool has_feature(std::string_view name) const noexcept;

private:
    friend class schema;
    schema_command(std::shared_ptr<detail::schema_tables const> tables, std::size_t index) noexcept
        : tables_(std::move(tables)), index_(index)
    {}

    std::shared_ptr<detail::schema_tables const> tables_;
    std::size_t index_;
};

}  // namespace coqmp

#endif
