#include "language/help.hpp"
namespace qmp_shell {
std::string describe_command(schema const& known, std::string_view name)
{
    command_entry const* entry = known.find_command(name);
    return entry == nullptr ? std::string() : entry->name + '\n';
}
std::string describe_event(schema const& known, std::string_view name)
{
    event_entry const* entry = known.find_event(name);
    return entry == nullptr ? std::string() : entry->name + '\n';
}
std::string describe(type const&)
{
    return "value";
}
std::vector<std::string> similar_commands(schema const&, std::string_view)
{
    return {};
}
}  // namespace qmp_shell
