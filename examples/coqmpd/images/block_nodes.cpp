#include "images/block_nodes.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace coqmpd {

namespace json = boost::json;

namespace {

/// More would be a circle, or an attempt to exhaust the stack.
constexpr std::size_t deepest = 32;

json::value const* find(json::object const& options, std::string_view key)
{
    auto const found = options.find(key);
    return found == options.end() ? nullptr : &found->value();
}

std::string_view text_in(json::object const& options, std::string_view key)
{
    json::value const* const found = find(options, key);
    return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

/// Drivers whose `filename` is a file of the host.
bool is_file_driver(std::string_view driver)
{
    return driver.empty() || driver == "file" || driver == "host_device" || driver == "host_cdrom";
}

/// Members that may be the name of a node.
bool is_child(std::string_view key)
{
    constexpr std::array<std::string_view, 8> keys = {"file", "backing", "data-file", "image", "raw", "test", "log", "target"};
    return std::ranges::find(keys, key) != keys.end() || key.starts_with("children");
}

void insert(json::object& into, std::string_view key, std::string const& value, std::size_t depth)
{
    std::size_t const dot = key.find('.');
    if (dot == std::string_view::npos || depth == deepest) {
        into[key] = value;
        return;
    }
    json::value& inner = into[key.substr(0, dot)];
    if (!inner.is_object())
        inner.emplace_object();
    insert(inner.get_object(), key.substr(dot + 1), value, depth + 1);
}

}  // namespace

json::object option_tree(std::vector<std::pair<std::string, std::string>> const& options)
{
    json::object result;
    for (auto const& [key, value] : options)
        insert(result, key, value, 0);
    return result;
}

bool is_on(json::object const& options, std::string_view key, bool otherwise)
{
    json::value const* const found = find(options, key);
    if (found == nullptr)
        return otherwise;
    if (found->is_bool())
        return found->get_bool();
    if (!found->is_string())
        return otherwise;
    std::string_view const word = found->get_string();
    return word == "on" || word == "yes" || word == "true" || word == "y";
}

file_name::file_name(std::string_view text) : text_(text)
{
    constexpr std::string_view tree_scheme = "json:";
    constexpr std::string_view file_scheme = "file:";
    if (text.starts_with(tree_scheme)) {
        boost::system::error_code error;
        json::value const parsed = json::parse(text.substr(tree_scheme.size()), error);
        is_tree_ = !error && parsed.is_object();
        is_image_ = false;
        if (is_tree_)
            tree_ = parsed.get_object();
        return;
    }
    if (text.starts_with(file_scheme))
        text_ = text.substr(file_scheme.size());
    std::size_t const colon = text_.find(':');
    is_local_ = colon == std::string::npos || text_.find('/') < colon;
    std::string const scheme = is_local_ ? "" : text_.substr(0, colon);
    is_read_only_ = scheme == "http" || scheme == "https" || scheme == "ftp" || scheme == "ftps" ||
                    (scheme == "fat" && text_.find(":rw:") == std::string::npos);
    is_image_ = !text_.empty() && text_ != "/dev/null" && !text_.starts_with("/dev/fdset/") && !text_.starts_with("/dev/fd/") &&
                !text_.starts_with("null-");
}

/// The position of a walk through the tree.
struct block_nodes::context
{
    node root;
    std::vector<std::string> names;
    bool is_read_only = false;
    bool is_unlocked = false;
    std::size_t depth = 0;
};

void block_nodes::add(node const& which, json::object const& options)
{
    context start;
    start.root = which;
    if (!which.name.empty())
        start.names.push_back(which.name);
    start.is_read_only = which.is_snapshot;
    walk(options, std::move(start));
}

void block_nodes::walk(json::object const& options, context within)
{
    if (within.depth++ > deepest)
        return;
    std::string_view const name = text_in(options, "node-name");
    if (!name.empty())
        within.names.emplace_back(name);
    // `readonly` is how -drive spells it. A snapshot only reads, whatever the other options say.
    bool const is_read_only = is_on(options, "readonly", is_on(options, "read-only", within.is_read_only));
    within.is_read_only = within.root.is_snapshot || is_read_only || text_in(options, "driver") == "host_cdrom";
    within.is_unlocked = text_in(options, "locking") == "off";
    if (json::value const* const file = find(options, "filename"); file != nullptr && file->is_string())
        if (is_file_driver(text_in(options, "driver")))
            open(file->get_string(), within, within.is_unlocked);
    for (auto const& [key, value] : options)
        walk_member(key, value, within);
}

void block_nodes::walk_member(std::string_view key, json::value const& value, context const& within)
{
    context inner = within;
    inner.is_read_only = within.is_read_only || key == "backing";
    if (value.is_object())
        return walk(value.get_object(), std::move(inner));
    if (value.is_array() && is_child(key)) {
        if (within.depth <= deepest)
            ++inner.depth;
        for (json::value const& each : value.get_array())
            walk_member("children", each, inner);
        return;
    }
    if (!value.is_string() || !is_child(key))
        return;
    std::string const text(value.get_string());
    for (std::string const& each : within.names)
        references_.push_back({each, text, inner.is_read_only});
    if (within.names.empty())
        references_.push_back({"", text, inner.is_read_only});
}

void block_nodes::open(std::string_view name, context const& within, bool is_unlocked)
{
    // A file name is taken literally where QEMU does so: `-blockdev` does not know `json:` or `nbd:`.
    file_name const parsed(within.root.is_drive ? std::string(name) : "file:" + std::string(name));
    if (parsed.is_tree())
        return walk(parsed.tree(), within);
    if (!parsed.is_image())
        return;
    opened result;
    result.use = {parsed.text(), !within.root.is_drive || parsed.is_local(), true, is_unlocked, within.root.place};
    result.names = within.names;
    result.is_read_only = within.is_read_only || parsed.is_read_only();
    opened_.push_back(std::move(result));
}

void block_nodes::share(std::string_view name)
{
    shared_.emplace_back(name);
}

/// Whether all users of a node only read it. A node without a user may be given to a device at any time.
bool block_nodes::is_only_read(std::string const& name, std::size_t depth) const
{
    bool has_user = false;
    for (reference const& each : references_) {
        if (each.used != name)
            continue;
        has_user = true;
        if (!each.is_read_only && (depth == deepest || !is_only_read(each.user, depth + 1)))
            return false;
    }
    return has_user;
}

bool block_nodes::is_shared(std::string const& name, std::size_t depth) const
{
    if (std::ranges::find(shared_, name) != shared_.end())
        return true;
    if (depth == deepest)
        return false;
    return std::ranges::any_of(references_, [&](reference const& each) {
        return each.used == name && !each.user.empty() && is_shared(each.user, depth + 1);
    });
}

std::vector<image_use> block_nodes::images() const
{
    std::vector<image_use> result;
    for (opened const& each : opened_) {
        image_use use = each.use;
        bool const is_read = std::ranges::any_of(each.names, [&](auto const& name) { return is_only_read(name, 0); });
        use.is_written = !each.is_read_only && !is_read;
        use.is_shared = use.is_shared || std::ranges::any_of(each.names, [&](auto const& name) { return is_shared(name, 0); });
        result.push_back(std::move(use));
    }
    std::ranges::sort(result, {}, [](image_use const& use) { return std::pair(use.place, std::string_view(use.file)); });
    return result;
}

}  // namespace coqmpd
