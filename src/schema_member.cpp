#include <coqmp/schema_member.hpp>

#include "schema/schema_tables.hpp"

namespace coqmp {

std::string_view schema_member::name() const noexcept
{
    return tables_->text(tables_->members[index_].name);
}

schema_type schema_member::type() const noexcept
{
    return {tables_, tables_->members[index_].type};
}

bool schema_member::is_optional() const noexcept
{
    return tables_->members[index_].optional;
}

std::vector<std::string_view> schema_member::features() const
{
    return tables_->feature_names(tables_->members[index_].features);
}

bool schema_member::has_feature(std::string_view name) const noexcept
{
    return tables_->has_feature(tables_->members[index_].features, name);
}

}  // namespace coqmp
