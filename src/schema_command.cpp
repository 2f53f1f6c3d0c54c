#include <coqmp/schema_command.hpp>

#include "schema/schema_tables.hpp"

namespace coqmp {

std::string_view schema_command::name() const noexcept
{
    return tables_->text(tables_->commands[index_].name);
}

schema_type schema_command::arguments() const noexcept
{
    return {tables_, tables_->commands[index_].arguments};
}

schema_type schema_command::returns() const noexcept
{
    return {tables_, tables_->commands[index_].returns};
}

bool schema_command::allows_out_of_band() const noexcept
{
    return tables_->commands[index_].out_of_band;
}

bool schema_command::takes_more_arguments() const noexcept
{
    return tables_->takes_more_arguments(tables_->commands[index_]);
}

std::vector<std::string_view> schema_command::features() const
{
    return tables_->feature_names(tables_->commands[index_].features);
}

bool schema_command::has_feature(std::string_view name) const noexcept
{
    return tables_->has_feature(tables_->commands[index_].features, name);
}

}  // namespace coqmp
