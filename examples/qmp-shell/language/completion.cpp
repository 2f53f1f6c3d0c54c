#include "language/completion.hpp"
namespace qmp_shell {
completion complete(std::string_view line, schema const& known, std::vector<std::string> const&)
{
    completion result;
    if (line.find(' ') == std::string_view::npos)
        for (std::string const& name : known.command_names())
            if (name.starts_with(line))
                result.candidates.push_back({name, {}, true});
    result.prefix = line;
    return result;
}
}  // namespace qmp_shell
