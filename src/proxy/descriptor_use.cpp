// QEMU removes a named descriptor when a command takes it, even if the command fails after that. (In 7.2.22, netdev_add,
// chardev-add, nbd-server-start, dump-guest-memory and blockdev-add do so, and so does migrate, unless an argument has the
// wrong type.)
#include "proxy/descriptor_use.hpp"

#include "protocol/request_framer.hpp"
#include "protocol/request_parser.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace coqmp::proxy {

namespace {

using kind = descriptor_use::kind;

std::optional<std::string> text_of(json::object const& arguments, std::string_view member)
{
    json::value const* const found = arguments.if_contains(json::string_view(member));
    json::string const* const text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? std::optional<std::string>(*text) : std::nullopt;
}

/// QEMU accepts only signed 64-bit integers here, and not 5.0.
std::optional<std::int64_t> number_of(json::object const& arguments, std::string_view member)
{
    json::value const* const found = arguments.if_contains(json::string_view(member));
    std::int64_t const* const number = found != nullptr ? found->if_int64() : nullptr;
    return number != nullptr ? std::optional<std::int64_t>(*number) : std::nullopt;
}

/// Looks for names in the arguments of a command.
class name_finder
{
public:
    explicit name_finder(std::function<bool(std::string_view)> const& is_known) : is_known_(is_known) {}

    // The arguments have at most 1,024 levels, as QEMU limits them.
    void look_at(json::object const& members)
    {
        for (json::key_value_pair const& each : members)
            if (json::string const* const text = each.value().if_string())
                look_at(each.key(), *text);
            else
                look_at(each.value());
    }

    [[nodiscard]] std::set<std::string, std::less<>> take() { return std::move(found_); }

private:
    void look_at(json::value const& value)
    {
        if (json::object const* const members = value.if_object())
            look_at(*members);
        else if (json::array const* const list = value.if_array())
            for (json::value const& each : *list)
                look_at(each);
    }

    void look_at(std::string_view member, std::string_view text)
    {
        // QEMU takes what follows for the options of a block device: {"file": {"server": {"str": "x"}}} or {"file.server.str": "x"}.
        constexpr std::string_view options = "json:";
        if (text.starts_with(options))
            return look_at_json(text.substr(options.size()));
        member.remove_prefix(member.rfind('.') + 1);  // npos + 1 is 0
        constexpr std::string_view prefix = "fd:";
        if (member == "fd" || member == "vhostfd" || member == "fdname" || member == "str")
            add(text);
        else if (member == "fds" || member == "vhostfds")
            add_list(text);
        else if ((member == "uri" || member == "protocol") && text.starts_with(prefix))
            add(text.substr(prefix.size()));
    }

    void look_at_json(std::string_view text)
    {
        protocol::request_framer framer;
        protocol::framed_text framed = framer.take(text);
        auto const* const complete = std::get_if<protocol::complete_text>(&framed);
        if (complete == nullptr)
            return;  // QEMU cannot read it either
        auto parsed = protocol::parse_request(complete->tokens);
        if (auto const* const found = std::get_if<protocol::parsed_text>(&parsed))
            look_at(found->value);
    }

    void add_list(std::string_view list)
    {
        while (!list.empty()) {
            std::size_t const end = std::min(list.find(':'), list.size());
            add(list.substr(0, end));
            list.remove_prefix(std::min(end + 1, list.size()));
        }
    }

    void add(std::string_view name)
    {
        if (is_known_(name))
            found_.emplace(name);
    }

    std::function<bool(std::string_view)> const& is_known_;
    std::set<std::string, std::less<>> found_;
};

descriptor_use use_of_name(kind what, json::object const& arguments)
{
    descriptor_use result;
    if (auto name = text_of(arguments, "fdname")) {
        result.what = what;
        result.names.insert(std::move(*name));
    }
    return result;
}

descriptor_use addition_to_set(json::object const& arguments)
{
    descriptor_use result;
    result.set = number_of(arguments, "fdset-id");
    if (result.set || !arguments.contains("fdset-id"))
        result.what = kind::adds_to_set;
    return result;
}

descriptor_use removal_from_set(json::object const& arguments)
{
    descriptor_use result;
    result.set = number_of(arguments, "fdset-id");
    if (result.set)
        result.what = arguments.size() == 1 ? kind::removes_set : kind::removes_from_set;
    return result;
}

}  // namespace

bool manages_descriptors(std::string_view command) noexcept
{
    return command == "getfd" || command == "closefd" || command == "add-fd" || command == "remove-fd";
}

descriptor_use use_of(std::string_view command, json::object const& arguments,
                      std::function<bool(std::string_view)> const& is_known)
{
    if (command == "getfd")
        return use_of_name(kind::adds_name, arguments);
    if (command == "closefd")
        return use_of_name(kind::closes_name, arguments);
    if (command == "add-fd")
        return addition_to_set(arguments);
    if (command == "remove-fd")
        return removal_from_set(arguments);
    name_finder finder(is_known);
    finder.look_at(arguments);
    descriptor_use result;
    result.names = finder.take();
    if (!result.names.empty())
        result.what = kind::takes_names;
    return result;
}

}  // namespace coqmp::proxy
