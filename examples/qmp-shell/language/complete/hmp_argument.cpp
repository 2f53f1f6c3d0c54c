#include "language/complete/hmp_argument.hpp"

#include "language/complete/completion_source.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace json = boost::json;

namespace qmp_shell {

namespace {

struct hmp_rule
{
    std::string_view command;
    std::size_t position;  ///< 1: the first argument; options such as `-f` do not count
    completion_source source;
};

constexpr std::array hmp_rules = {
    hmp_rule{"block_job_cancel", 1, completion_source::job_id},
    hmp_rule{"block_job_complete", 1, completion_source::job_id},
    hmp_rule{"block_job_pause", 1, completion_source::job_id},
    hmp_rule{"block_job_resume", 1, completion_source::job_id},
    hmp_rule{"block_job_set_speed", 1, completion_source::job_id},
    hmp_rule{"block_resize", 1, completion_source::block_device},
    hmp_rule{"block_set_io_throttle", 1, completion_source::block_device},
    hmp_rule{"block_stream", 1, completion_source::block_device},
    hmp_rule{"change", 1, completion_source::block_device},
    hmp_rule{"chardev-change", 1, completion_source::chardev_id},
    hmp_rule{"chardev-remove", 1, completion_source::chardev_id},
    hmp_rule{"chardev-send-break", 1, completion_source::chardev_id},
    hmp_rule{"commit", 1, completion_source::block_device},
    hmp_rule{"device_add", 1, completion_source::device_driver},
    hmp_rule{"device_del", 1, completion_source::removable_id},
    hmp_rule{"drive_backup", 1, completion_source::block_device},
    hmp_rule{"drive_backup", 2, completion_source::file},
    hmp_rule{"drive_del", 1, completion_source::block_device},
    hmp_rule{"drive_mirror", 1, completion_source::block_device},
    hmp_rule{"drive_mirror", 2, completion_source::file},
    hmp_rule{"eject", 1, completion_source::block_device},
    hmp_rule{"info block", 1, completion_source::block_device},
    hmp_rule{"netdev_del", 1, completion_source::netdev_id},
    hmp_rule{"object_add", 1, completion_source::object_type},
    hmp_rule{"object_del", 1, completion_source::object_id},
    hmp_rule{"qom-get", 1, completion_source::qom_path},
    hmp_rule{"qom-get", 2, completion_source::qom_property},
    hmp_rule{"qom-list", 1, completion_source::qom_path},
    hmp_rule{"qom-set", 1, completion_source::qom_path},
    hmp_rule{"qom-set", 2, completion_source::qom_property},
    hmp_rule{"ringbuf_read", 1, completion_source::chardev_id},
    hmp_rule{"ringbuf_write", 1, completion_source::chardev_id},
    hmp_rule{"set_link", 1, completion_source::network_id},
    hmp_rule{"snapshot_blkdev", 1, completion_source::block_device},
    hmp_rule{"snapshot_blkdev", 2, completion_source::file},
};

struct placed_word
{
    std::size_t begin;
    std::string_view text;
};

/// The last one is at the cursor, and may be empty. Options but that one are left out.
std::vector<placed_word> words_to_cursor(std::string_view line)
{
    constexpr std::string_view blanks = " \t";
    std::vector<placed_word> result;
    for (std::size_t begin = 0;;) {
        begin = std::min(line.find_first_not_of(blanks, begin), line.size());
        std::size_t const end = std::min(line.find_first_of(blanks, begin), line.size());
        std::string_view const text = line.substr(begin, end - begin);
        if (end == line.size() || !text.starts_with('-'))
            result.push_back({begin, text});
        if (end == line.size())
            return result;
        begin = end;
    }
}

/// `scsi-hd,drive=disk0,bus=`: what follows the driver are its properties.
void go_into_options(hmp_argument& into, placed_word const& last)
{
    std::size_t comma = last.text.find(',');
    into.final = false;
    if (comma == std::string_view::npos)
        return;
    constexpr std::string_view name = "driver=";
    std::string_view const driver = last.text.substr(0, comma);
    into.arguments["driver"] = driver.substr(driver.starts_with(name) ? name.size() : 0);
    std::string_view option;
    for (bool more = true; more;) {
        std::size_t const begin = comma + 1;
        comma = last.text.find(',', begin);
        more = comma != std::string_view::npos;
        option = last.text.substr(begin, more ? comma - begin : comma);
        into.begin = last.begin + begin;
        if (more)
            into.arguments[option.substr(0, option.find('='))] = nullptr;
    }
    std::size_t const equals = option.find('=');
    into.source = completion_source::device_property;
    if (equals != std::string_view::npos) {
        into.source = source_of("device_add", option.substr(0, equals), coqmp::schema_type());
        into.begin += equals + 1;
    }
}

}  // namespace

hmp_argument hmp_argument_at(std::string_view line)
{
    std::vector<placed_word> const words = words_to_cursor(line);
    hmp_argument result;
    result.begin = words.back().begin;
    std::size_t const of_name = words.front().text == "info" ? 2 : 1;
    if (words.size() <= of_name)
        return result;
    std::string const command =
        std::string(words.front().text) + (of_name == 2 ? " " + std::string(words[1].text) : std::string());
    std::size_t const position = words.size() - of_name;
    auto const found = std::find_if(hmp_rules.begin(), hmp_rules.end(),
                                    [&](hmp_rule const& each) { return each.command == command && each.position == position; });
    if (found == hmp_rules.end())
        return result;
    result.source = found->source;
    if (result.source == completion_source::qom_property)
        result.arguments["path"] = words[of_name].text;
    if (command == "device_add")
        go_into_options(result, words.back());
    else if (command == "object_add")
        result.final = false;
    return result;
}

}  // namespace qmp_shell
