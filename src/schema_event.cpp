#include <coqmp/schema_event.hpp>

#include "schema/schema_tables.hpp"

namespace coqmp {

std::string_view schema_event::name() const noexcept
{
    return tables_->text(tables_->events[index_].name);
}

schema_type schema_event::data() const noexcept
{
    return {tables_, tables_->events[index_].arguments};
}

std::vector<std::string_view> schema_event::features() const
{
    return tables_->feature_names(tables_->events[index_].features);
}

bool schema_event::has_feature(std::string_view name) const noexcept
{
    return tables_->has_feature(tables_->events[index_].features, name);
}

}  // namespace coqmp
