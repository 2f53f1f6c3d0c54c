// Which images a QEMU opens, read from its command line.
#ifndef COQMPD_IMAGES_IMAGE_USE_HPP
#define COQMPD_IMAGES_IMAGE_USE_HPP

#include <cstddef>
#include <string>
#include <vector>

namespace coqmpd {

/// An image that a QEMU opens.
struct image_use
{
    std::string file;  ///< A path, relative to QEMU's working directory, or the address of a remote image.
    bool is_local = true;
    bool is_written = true;
    bool is_shared = false;  ///< The options say that others may write to it, too: `share-rw=on`, `locking=off`.
    std::size_t place = 0;   ///< The index of the argument that names it.

    friend bool operator==(image_use const&, image_use const&) = default;
};

/// The images that these arguments name, in their order. It knows `-drive`, `-blockdev`, `-hda` and the like, `-snapshot`, and the
/// first argument that is not an option; in them `json:`, JSON, `snapshot`, `readonly`, `media=cdrom`, nodes that refer to other
/// nodes, and `share-rw` of a `-device`.
///
/// It does not see: images that a configuration (`-readconfig`), `-set`, a script or a later QMP command names; backing files that
/// only an image's own header names; the images of a `-blockdev` whose driver needs no file name (rbd, iscsi, nvme, nbd, ssh);
/// descriptors (`/dev/fdset/1`, `{fd:NAME}`); persistent memory (`-object memory-backend-file`) and shared directories.
[[nodiscard]] std::vector<image_use> find_image_uses(std::vector<std::string> const& arguments);

}  // namespace coqmpd

#endif
