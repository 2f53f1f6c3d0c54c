#include "images/image_use.hpp"

#include "images/block_nodes.hpp"
#include "images/qemu_arguments.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace coqmpd {

namespace json = boost::json;

namespace {

/// Options whose whole value is the name of a file.
bool is_short_drive(std::string_view option)
{
    constexpr std::array<std::string_view, 10> names = {"", "hda", "hdb", "hdc", "hdd", "fda", "fdb", "mtdblock", "sd", "pflash"};
    return std::ranges::find(names, option) != names.end();
}

std::string text_of(json::object const& options, std::string_view key)
{
    auto const found = options.find(key);
    return found != options.end() && found->value().is_string() ? std::string(found->value().get_string()) : std::string();
}

/// Reads the options of one QEMU into its nodes.
class reader
{
public:
    explicit reader(std::vector<qemu_option> const& options)
        : options_(options),
          all_are_snapshots_(std::ranges::any_of(options, [](auto const& each) { return each.name == "snapshot"; }))
    {}

    std::vector<image_use> read()
    {
        for (qemu_option const& each : options_) {
            if (each.name == "drive")
                read_drive(each);
            else if (each.name == "blockdev")
                read_blockdev(each);
            else if (each.name == "device")
                read_device(each);
            else if (each.name == "cdrom")
                read_file(each, true);
            else if (is_short_drive(each.name))
                read_file(each, false);
        }
        return nodes_.images();
    }

private:
    void read_file(qemu_option const& option, bool is_read_only)
    {
        json::object tree;
        tree["filename"] = option.value;
        tree["readonly"] = is_read_only;
        nodes_.add({"", option.place, all_are_snapshots_, true}, tree);
    }

    /// `file=` and `file.*=` may come together, so the name of the file goes where `file.filename=` would be.
    void read_drive(qemu_option const& option)
    {
        auto list = split_option_list(option.value);
        for (auto& [key, value] : list)
            if (key == "file")
                key = "file.filename";
        json::object tree = option_tree(list);
        if (text_of(tree, "media") == "cdrom")
            tree["readonly"] = true;
        nodes_.add({text_of(tree, "id"), option.place, is_on(tree, "snapshot", all_are_snapshots_), true}, tree);
    }

    void read_blockdev(qemu_option const& option) { nodes_.add({"", option.place, false, false}, tree_of(option.value)); }

    void read_device(qemu_option const& option)
    {
        json::object const tree = tree_of(option.value);
        if (is_on(tree, "share-rw", false))
            nodes_.share(text_of(tree, "drive"));
    }

    static json::object tree_of(std::string const& text)
    {
        if (!text.starts_with('{'))
            return option_tree(split_option_list(text));
        boost::system::error_code error;
        json::value const parsed = json::parse(text, error);
        return !error && parsed.is_object() ? parsed.get_object() : json::object();
    }

    std::vector<qemu_option> const& options_;
    bool all_are_snapshots_;
    block_nodes nodes_;
};

}  // namespace

std::vector<image_use> find_image_uses(std::vector<std::string> const& arguments)
{
    return reader(split_arguments(arguments)).read();
}

}  // namespace coqmpd
