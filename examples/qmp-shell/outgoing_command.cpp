#include "outgoing_command.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

namespace {

/// For reading and writing if that is allowed, as the file's user will expect; else for what is.
coqmp::descriptor open_file(std::string const& path)
{
    int number = -1;
    int first_error = 0;
    for (int const mode : {O_RDWR, O_RDONLY, O_WRONLY}) {
        number = ::open(path.c_str(), mode | O_CLOEXEC | O_NOCTTY);
        if (number >= 0)
            return coqmp::descriptor(number);
        first_error = first_error == 0 ? errno : first_error;
    }
    throw std::system_error(first_error, std::generic_category(), "cannot open " + path);
}

/// The command itself takes the descriptor. For all others `getfd` puts it where they find it by its name.
bool takes_descriptors(std::string const& name)
{
    return name == "getfd" || name == "add-fd";
}

bool wants(schema const& known, std::string const& command, std::string_view argument)
{
    command_entry const* const entry = known.find_command(command);
    if (entry == nullptr || entry->arguments == nullptr)
        return false;
    auto const& members = entry->arguments->members;
    return std::any_of(members.begin(), members.end(), [&](member const& each) { return each.name == argument; });
}

void add_descriptors(outgoing_commands& commands, typed_command const& said, monitor& qemu)
{
    coqmp::command last = std::move(commands.back());
    commands.pop_back();
    for (auto const& [name, path] : said.files) {
        coqmp::descriptor const file = open_file(path);
        if (takes_descriptors(last.name()))
            last.with_descriptor(file);
        else
            commands.push_back(coqmp::command("getfd").with("fdname", name).with_descriptor(file));
        bool const named = last.name() == "getfd" || wants(qemu.known(), last.name(), "fdname");
        if (named && !last.arguments().contains("fdname"))
            last.with("fdname", name);
    }
    commands.push_back(std::move(last));
}

/// Asks QEMU for a device's properties if anything about their types was guessed; QEMU 9.2 and later insist on the right ones.
void type_device_properties(typed_command& said, monitor& qemu)
{
    auto const* const driver = said.arguments.if_contains("driver");
    if (said.name != "device_add" || said.guessed.empty() || driver == nullptr || !driver->is_string())
        return;
    auto const listed =
        qemu.look_up(coqmp::command("device-list-properties").with("typename", std::string_view(driver->get_string())));
    if (listed)
        type_by_properties(said, *listed);
}

}  // namespace

outgoing_commands prepare(typed_command said, monitor& qemu)
{
    type_device_properties(said, qemu);
    coqmp::command sent(said.name, said.arguments);
    if (said.out_of_band)
        sent.out_of_band();
    outgoing_commands result;
    result.push_back(std::move(sent));
    if (!said.files.empty())
        add_descriptors(result, said, qemu);
    return result;
}

json::object as_message(coqmp::command const& sent)
{
    json::object result;
    result[sent.is_out_of_band() ? "exec-oob" : "execute"] = sent.name();
    if (!sent.arguments().empty())
        result["arguments"] = sent.arguments();
    return result;
}

}  // namespace qmp_shell
