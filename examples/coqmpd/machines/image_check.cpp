#include "machines/image_check.hpp"

#include "daemon/printable_text.hpp"
#include "images/image_use.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace coqmpd {

namespace {

enum class writer_kind {
    file,     ///< Its file says so.
    process,  ///< It was launched so.
    previous  ///< The file that holds while its present one is refused says so.
};

/// A machine that writes to an image.
struct image_writer
{
    std::string machine;
    std::string file;
    bool is_shared = false;
    std::size_t place = 0;  ///< Of the argument.
    writer_kind kind = writer_kind::file;
};

/// By the identity of the image.
using image_writers = std::map<std::string, std::vector<image_writer>>;

void add_writer(std::string const& machine, launched_arguments const& launch, writer_kind kind, image_lookup& images,
                image_writers& to)
{
    for (image_use const& image : find_image_uses(launch.arguments)) {
        if (!image.is_written)
            continue;
        if (auto const identity = images.identify(image, launch.working_directory))
            to[*identity].push_back({machine, image.file, image.is_shared, image.place, kind});
    }
}

void add_processes(known_machines const& known, image_lookup& images, image_writers& to)
{
    for (auto const& [name, machine] : known)
        for (launched_arguments const& each : machine.launches)
            add_writer(name, each, writer_kind::process, images, to);
}

/// @return null: there is none
image_writer const* find_other(image_writer const& one, std::vector<image_writer> const& writers)
{
    auto const other = std::ranges::find_if(writers, [&](image_writer const& candidate) {
        return candidate.machine != one.machine && !(candidate.is_shared && one.is_shared);
    });
    return other == writers.end() ? nullptr : &*other;
}

std::string describe_conflict(image_writer const& one, image_writer const& other)
{
    std::string const image = coqmp_daemon::printable(one.file, 200);
    std::string const name = other.file == one.file ? "" : ", as " + coqmp_daemon::printable(other.file, 200);
    std::string const machine = "the machine \"" + other.machine + '"';
    switch (other.kind) {
        case writer_kind::process:
            return machine + " runs and writes to " + image + name + ": two writers would destroy it; stop that machine first";
        case writer_kind::previous:
            return machine + ", whose file is refused, writes to " + image + name +
                   " as its previous file says: two writers would destroy it; correct that file first";
        case writer_kind::file:
            break;
    }
    return machine + " also writes to " + image + name +
           ": two writers would destroy it; open it read-only in one of them, or with share-rw=on in both";
}

}  // namespace

void check_images(machine_set const& set, known_machines const& known, image_lookup& images,
                  std::map<std::string, coqmp_daemon::problem_list>& lists)
{
    image_writers all;
    for (auto const& [name, file] : set.machines)
        if (!file.is_observed())
            add_writer(name, arguments_of(file), writer_kind::file, images, all);
    add_processes(known, images, all);
    for (auto const& [name, machine] : known)
        if (set.refused.contains(name) && machine.file && !machine.file->is_observed())
            add_writer(name, arguments_of(*machine.file), writer_kind::previous, images, all);
    for (auto const& [identity, writers] : all) {
        for (image_writer const& each : writers) {
            image_writer const* const other = find_other(each, writers);
            if (each.kind == writer_kind::file && other != nullptr)
                lists.at(each.machine)
                    .add(set.machines.at(each.machine).arguments.at(each.place).position,
                         "arguments: " + describe_conflict(each, *other));
        }
    }
}

std::string find_launch_problem(std::string const& machine, machine_file const& file, known_machines const& known)
{
    image_lookup images;
    image_writers ours;
    image_writers theirs;
    add_writer(machine, arguments_of(file), writer_kind::file, images, ours);
    add_processes(known, images, theirs);
    for (auto const& [identity, writers] : ours)
        for (image_writer const& each : writers)
            if (auto const found = theirs.find(identity); found != theirs.end())
                if (image_writer const* const other = find_other(each, found->second))
                    return describe_conflict(each, *other);
    return {};
}

}  // namespace coqmpd
