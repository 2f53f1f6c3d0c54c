#include "commands/qom.hpp"

#include "language/members.hpp"
#include "language/print.hpp"
#include "language/read/integer.hpp"
#include "language/read/property_value.hpp"
#include "terminal/columns.hpp"

#include <boost/json/array.hpp>

#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace qmp_shell {

namespace {

struct property
{
    std::string name;
    std::string type;

    [[nodiscard]] bool is_child() const { return type.starts_with("child<"); }
    [[nodiscard]] bool is_link() const { return type.starts_with("link<"); }
};

std::vector<property> properties_in(json::value const& listed)
{
    std::vector<property> result;
    if (auto const* const items = listed.if_array()) {
        for (json::value const& each : *items)
            result.push_back({std::string(text_in(each, "name")), std::string(text_in(each, "type"))});
    }
    return result;
}

class qom_commands
{
public:
    explicit qom_commands(shell_context& context) : monitor_(context.monitor), screen_(context.screen), options_(context.options)
    {}

    exit_code list()
    {
        auto const found = ask(coqmp::command("qom-list").with("path", path()));
        if (!found)
            return failure_;
        std::string text;
        for (property const& each : properties_in(*found))
            text += (each.is_link() ? "@" : "") + in_one_line(each.name) + (each.is_child() || each.is_link() ? "/" : "") + '\n';
        screen_.answer(text);
        return exit_code::success;
    }

    exit_code get()
    {
        auto const [object, name] = object_and_property(1);
        if (name.empty())
            return usage("qom-get takes PATH.PROPERTY");
        auto const found = ask(coqmp::command("qom-get").with("path", object).with("property", name));
        if (!found)
            return failure_;
        // A text as it is, for scripts; all else as JSON.
        screen_.answer(found->is_string() ? screen::shown(std::string_view(found->get_string()))
                                          : print(*found, {options_.pretty, screen_.colour()}));
        return exit_code::success;
    }

    exit_code set()
    {
        auto const [object, name] = object_and_property(2);
        if (name.empty())
            return usage("qom-set takes PATH.PROPERTY and a VALUE");
        auto const listed = ask(coqmp::command("qom-list").with("path", object));
        if (!listed)
            return failure_;
        std::string_view const type = type_of_property(*listed, name);
        std::string const& text = options_.tool_arguments.back();
        auto const value = value_of_property(type, text);
        if (!value)
            return usage("\"" + text + "\" is not a value of " + name + ", which is of type " + harmless(type) +
                         (is_integer_type(type) ? ": it wants " + wanted_integer(text) : ""));
        return ask(coqmp::command("qom-set").with("path", object).with("property", name).with("value", *value))
                   ? exit_code::success
                   : failure_;
    }

    exit_code tree()
    {
        bool const found = walk(path(), true);
        return found ? exit_code::success : failure_;
    }

private:
    [[nodiscard]] std::string path() const { return options_.tool_arguments.empty() ? "/" : options_.tool_arguments.front(); }

    exit_code usage(std::string const& reason)
    {
        screen_.complain(reason);
        return exit_code::usage;
    }

    std::optional<json::value> ask(coqmp::command what)
    {
        std::string const name = what.name();
        answer came = monitor_.ask(std::move(what));
        failure_ = came.error == coqmp::errc::disconnected ? exit_code::connection
                   : came.cancelled()                      ? exit_code::interrupted
                                                           : exit_code::refused;
        if (came.error || came.reply.has_error()) {
            std::ostringstream text;
            text << name << ": ";
            if (came.error)
                text << came.error.message();
            else
                text << came.reply.error();
            if (failure_ == exit_code::refused)
                screen_.complain(in_one_line(text.str()));
            return std::nullopt;
        }
        return std::move(came.reply).value();
    }

    /// `PATH.PROPERTY`, as the old tools wrote it, or the two apart.
    [[nodiscard]] std::pair<std::string, std::string> object_and_property(std::size_t least) const
    {
        std::vector<std::string> const& words = options_.tool_arguments;
        if (words.size() > least)
            return {words[0], words[1]};
        std::size_t const dot = words[0].rfind('.');
        if (dot == std::string::npos || dot < words[0].rfind('/') + 1)
            return {words[0], {}};
        return {words[0].substr(0, dot), words[0].substr(dot + 1)};
    }

    /// Prints an object, its properties with their values, and all below it.
    bool walk(std::string const& where, bool must_exist)
    {
        auto const listed = must_exist ? ask(coqmp::command("qom-list").with("path", where))
                                       : monitor_.look_up(coqmp::command("qom-list").with("path", where));
        if (!listed)
            return false;
        std::string text = in_one_line(where) + '\n';
        std::vector<property> const all = properties_in(*listed);
        for (property const& each : all) {
            if (!each.is_child())
                text += "  " + in_one_line(each.name) + ": " + value_at(where, each.name) + " (" + in_one_line(each.type) + ")\n";
        }
        screen_.answer(text);
        for (property const& each : all) {
            if (monitor_.has_ended())
                return false;
            if (each.is_child())
                walk((where == "/" ? "" : where) + '/' + each.name, false);
        }
        return true;
    }

    std::string value_at(std::string const& where, std::string const& name)
    {
        answer const came = monitor_.ask(coqmp::command("qom-get").with("path", where).with("property", name));
        if (came.error)
            return "?";
        if (came.reply.has_error())
            return '<' + in_one_line(came.reply.error().description) + '>';
        return print(came.reply.value(), {false, screen_.colour()});
    }

    monitor& monitor_;
    screen& screen_;
    options const& options_;
    exit_code failure_ = exit_code::refused;
};

}  // namespace

exit_code run_qom(shell_context& context)
{
    qom_commands tools(context);
    switch (context.options.tool) {
        case tool::list:
            return tools.list();
        case tool::get:
            return tools.get();
        case tool::set:
            return tools.set();
        case tool::tree:
            return tools.tree();
        case tool::none:
            break;
    }
    return exit_code::usage;
}

}  // namespace qmp_shell
