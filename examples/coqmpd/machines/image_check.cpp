#include "machines/image_check.hpp"

#include "daemon/printable_text.hpp"
#include "images/image_use.hpp"

#include <algorithm>
#include <vector>

namespace coqmpd {

namespace {

/// A machine that writes to an image.
struct image_writer
{
    std::string machine;
    std::string file;
    bool is_shared = false;
    coqmp_daemon::file_position position;
};

std::vector<std::string> words_of(machine_file const& machine)
{
    std::vector<std::string> result;
    for (located<std::string> const& each : machine.arguments)
        result.push_back(each.value);
    return result;
}

/// By the identity of the image.
std::map<std::string, std::vector<image_writer>> find_writers(machine_set const& set, image_lookup& images)
{
    std::map<std::string, std::vector<image_writer>> result;
    for (auto const& [name, machine] : set.machines) {
        for (image_use const& image : find_image_uses(words_of(machine))) {
            if (!image.is_written)
                continue;
            if (auto const identity = images.identify(image, machine.working_directory))
                result[*identity].push_back({name, image.file, image.is_shared, machine.arguments.at(image.place).position});
        }
    }
    return result;
}

}  // namespace

void check_images(machine_set const& set, image_lookup& images, std::map<std::string, coqmp_daemon::problem_list>& lists)
{
    for (auto const& [identity, writers] : find_writers(set, images)) {
        for (image_writer const& each : writers) {
            auto const other = std::ranges::find_if(writers, [&](image_writer const& candidate) {
                return candidate.machine != each.machine && !(candidate.is_shared && each.is_shared);
            });
            if (other == writers.end())
                continue;
            std::string const name = other->file == each.file ? "" : ", as " + coqmp_daemon::printable(other->file, 200);
            lists.at(each.machine)
                .add(each.position, "arguments: the machine \"" + other->machine + "\" also writes to " +
                                        coqmp_daemon::printable(each.file, 200) + name +
                                        ": two writers would destroy it; open it read-only in one of them, or with share-rw=on "
                                        "in both");
        }
    }
}

}  // namespace coqmpd
