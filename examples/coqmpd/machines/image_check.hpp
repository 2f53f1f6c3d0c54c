// Whether two machines would write to the same image.
#ifndef COQMPD_MACHINES_IMAGE_CHECK_HPP
#define COQMPD_MACHINES_IMAGE_CHECK_HPP

#include "daemon/configuration/problem_list.hpp"
#include "images/image_lookup.hpp"
#include "machines/known_machines.hpp"
#include "machines/machine_set.hpp"

#include <map>
#include <string>

namespace coqmpd {

/// Adds a problem to each machine that opens for writing an image that another one also opens for writing, unless both say that it
/// may be shared. (QEMU locks local images, but not through all file systems, and it finds out only when the second machine starts.)
/// A QEMU that lives uses the images that it was launched with, whatever its file says now; and a machine whose file is refused
/// uses those of its previous one. image_use.hpp says which images are seen. An image whose file system does not answer is not
/// checked.
/// @param known the machines that are supervised, or that an earlier daemon has left
/// @param lists one for each machine of the set
void check_images(machine_set const& set, known_machines const& known, image_lookup& images,
                  std::map<std::string, coqmp_daemon::problem_list>& lists);

/// Why a machine must not be launched now: because of an image that the QEMU of another one writes to.
/// @param known a machine without launches does not matter @return empty: it may
[[nodiscard]] std::string find_launch_problem(std::string const& machine, machine_file const& file, known_machines const& known);

}  // namespace coqmpd

#endif
