#include "qemu/device_lists.hpp"

#include "terminal/columns.hpp"

namespace qmp_shell {

namespace {

/// What follows `before` until `after`, or until the end. @return empty: `before` is not there
std::string_view behind(std::string_view line, std::string_view before, std::string_view after)
{
    std::size_t const begin = line.find(before);
    if (begin == std::string_view::npos)
        return {};
    std::string_view const rest = line.substr(begin + before.size());
    return rest.substr(0, rest.find(after));
}

}  // namespace

std::vector<listed_bus> buses_in(std::string_view text)
{
    // `  bus: pcie.0`, and in the line below it, deeper, `    type PCIE`
    constexpr std::string_view bus = "bus: ";
    constexpr std::string_view type = "type ";
    std::vector<listed_bus> result;
    bool begun = false;
    for (std::string_view const each : parts_of(text, '\n')) {
        std::string_view const line = trimmed(each);
        if (begun && line.starts_with(type))
            result.back().type = line.substr(type.size());
        begun = line.starts_with(bus);
        if (begun)
            result.push_back({std::string(line.substr(bus.size())), {}});
    }
    return result;
}

std::vector<listed_driver> drivers_in(std::string_view text)
{
    // `name "scsi-hd", bus SCSI, desc "virtual SCSI disk"`, and `, no-user` for what only a machine makes
    std::vector<listed_driver> result;
    for (std::string_view const each : parts_of(text, '\n')) {
        std::string_view const line = trimmed(each);
        if (!line.starts_with("name \"") || line.ends_with(", no-user"))
            continue;
        result.push_back({std::string(behind(line, "name \"", "\"")), std::string(behind(line, "\", bus ", ",")),
                          std::string(behind(line, ", desc \"", "\""))});
    }
    return result;
}

}  // namespace qmp_shell
