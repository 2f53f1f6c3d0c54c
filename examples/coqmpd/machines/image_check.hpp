// Whether two machines would write to the same image.
#ifndef COQMPD_MACHINES_IMAGE_CHECK_HPP
#define COQMPD_MACHINES_IMAGE_CHECK_HPP

#include "daemon/configuration/problem_list.hpp"
#include "images/image_lookup.hpp"
#include "machines/machine_set.hpp"

#include <map>
#include <string>

namespace coqmpd {

/// Adds a problem to each machine that opens for writing an image that another one also opens for writing, unless both say that it
/// may be shared. (QEMU locks local images, but not through all file systems, and it finds out only when the second machine starts.)
/// image_use.hpp says which images are seen. An image whose file system does not answer is not checked.
/// @param lists one for each machine
void check_images(machine_set const& set, image_lookup& images, std::map<std::string, coqmp_daemon::problem_list>& lists);

}  // namespace coqmpd

#endif
