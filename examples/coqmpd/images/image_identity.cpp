#include "images/image_identity.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

namespace coqmpd {

std::string identify_image(image_use const& image, std::string const& working_directory)
{
    if (!image.is_local)
        return image.file;
    std::filesystem::path const path = std::filesystem::path(working_directory) / image.file;
    struct ::stat facts = {};
    if (::stat(path.c_str(), &facts) == 0) {
        if (S_ISBLK(facts.st_mode))
            return "device " + std::to_string(facts.st_rdev);
        return "inode " + std::to_string(facts.st_dev) + ':' + std::to_string(facts.st_ino);
    }
    std::error_code error;
    std::filesystem::path const resolved = std::filesystem::weakly_canonical(path, error);
    return "path " + (error ? path.lexically_normal() : resolved).native();
}

}  // namespace coqmpd
