// Finds out which file each image is, and does not wait for file systems that do not answer.
#ifndef COQMPD_IMAGES_IMAGE_LOOKUP_HPP
#define COQMPD_IMAGES_IMAGE_LOOKUP_HPP

#include "images/image_use.hpp"
#include "images/mount_table.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace coqmpd {

/// A server of NFS that is down lets stat() hang for as long as it is down. Then the images on that file system have no identity,
/// and the rest of the host does not suffer. For one reading of the files of all machines.
class image_lookup
{
public:
    /// What identify_image() does. @return nothing: there was no answer in time
    using function = std::function<std::optional<std::string>(image_use const&, std::string const& working_directory)>;

    /// Waits for each answer for at most two seconds. It blocks for as long, once for each file system that does not answer.
    image_lookup();
    image_lookup(function identify, mount_table mounts);

    /// @return nothing: its file system does not answer
    [[nodiscard]] std::optional<std::string> identify(image_use const& image, std::string const& working_directory);

    /// The file systems that have not answered: their mount points, or directories in the root file system.
    [[nodiscard]] std::set<std::string> const& silent() const noexcept { return silent_; }

private:
    function identify_;
    mount_table mounts_;
    std::set<std::string> silent_;
};

/// A sentence for the log. @param place one of image_lookup::silent()
[[nodiscard]] std::string describe_silence(std::string const& place);

}  // namespace coqmpd

#endif
