#include "outgoing_command.hpp"

#include "text.hpp"

#include <boost/json/array.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
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

/// What a property takes instead of a text, by the name of its type in QEMU's object model. Nothing: it is left as it is.
std::optional<json::value> typed(std::string_view type, std::string const& text)
{
    if (type == "bool") {
        if (text == "on" || text == "yes" || text == "true")
            return json::value(true);
        if (text == "off" || text == "no" || text == "false")
            return json::value(false);
    }
    return std::nullopt;
}

/// `device_add` takes any property of any device, so its schema cannot say what they are; QEMU 9.2 and later insist on it.
void type_device_properties(coqmp::command& sent, std::string_view line, monitor& qemu)
{
    json::object& arguments = sent.arguments();
    auto const* const driver = arguments.if_contains("driver");
    bool const any_text = std::any_of(arguments.begin(), arguments.end(), [](auto const& each) {
        return each.value().is_string() && each.key() != "driver" && each.key() != "id" && each.key() != "bus";
    });
    if (driver == nullptr || !driver->is_string() || !any_text)
        return;
    auto const listed =
        qemu.look_up(coqmp::command("device-list-properties").with("typename", std::string_view(driver->get_string())));
    if (!listed || !listed->is_array())
        return;
    for (json::value const& property : listed->get_array()) {
        auto const* const about = property.if_object();
        auto const* const name = about != nullptr ? about->if_contains("name") : nullptr;
        auto const* const type = about != nullptr ? about->if_contains("type") : nullptr;
        if (name == nullptr || type == nullptr || !name->is_string() || !type->is_string())
            continue;
        json::value* const given = arguments.if_contains(name->get_string());
        bool const exact = line.find(std::string(std::string_view(name->get_string())) + ":=") != std::string_view::npos;
        if (given == nullptr || !given->is_string() || exact)
            continue;
        if (auto value = typed(std::string_view(type->get_string()), std::string(std::string_view(given->get_string()))))
            *given = std::move(*value);
    }
}

}  // namespace

outgoing_commands prepare(typed_command const& said, std::string_view line, monitor& qemu)
{
    coqmp::command sent(said.name, said.arguments);
    if (said.out_of_band)
        sent.out_of_band();
    if (said.name == "device_add" && !trimmed(line).starts_with('{'))
        type_device_properties(sent, line, qemu);
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
