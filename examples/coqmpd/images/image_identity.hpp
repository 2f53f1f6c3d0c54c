// Which file an image is, whatever it is called.
#ifndef COQMPD_IMAGES_IMAGE_IDENTITY_HPP
#define COQMPD_IMAGES_IMAGE_IDENTITY_HPP

#include "images/image_use.hpp"

#include <string>

namespace coqmpd {

/// Two images with the same identity are the same file, even through symbolic links, hard links, bind mounts and relative paths,
/// or the same block device under different names. A file that does not exist (yet) is known by its path only. Blocks for as long
/// as the file system does.
/// @param working_directory QEMU's
[[nodiscard]] std::string identify_image(image_use const& image, std::string const& working_directory);

}  // namespace coqmpd

#endif
