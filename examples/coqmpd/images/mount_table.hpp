// Which file system a path is on, without asking that file system.
#ifndef COQMPD_IMAGES_MOUNT_TABLE_HPP
#define COQMPD_IMAGES_MOUNT_TABLE_HPP

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace coqmpd {

class mount_table
{
public:
    /// @param text of /proc/self/mountinfo
    explicit mount_table(std::string_view text);
    /// That of this process.
    [[nodiscard]] static mount_table ours();

    /// The mount point below which a path is. @param path absolute; symbolic links in it are not followed @return `/` if none is
    /// known
    [[nodiscard]] std::string mount_point_of(std::string_view path) const;

private:
    std::set<std::string, std::less<>> points_;
};

}  // namespace coqmpd

#endif
