// All machines of a host: the files of one directory, and what they must not do together.
#ifndef COQMPD_MACHINES_MACHINE_SET_HPP
#define COQMPD_MACHINES_MACHINE_SET_HPP

#include "images/image_lookup.hpp"
#include "machines/known_machines.hpp"
#include "machines/machine_file.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace coqmpd {

/// A machine whose file has a problem is in `refused` only: it does not keep the others from being started, and a running machine
/// keeps its previous settings.
struct machine_set
{
    std::map<std::string, machine_file> machines;
    std::set<std::string> refused;
    std::vector<std::string> problems;  ///< A sentence each, with the file and usually the line and column.
    std::vector<std::string> warnings;  ///< What could not be checked.
};

/// A file of the directory: its name without `.toml`, and its text.
struct file_text
{
    std::string machine;
    std::string path;
    std::string text;
};

/// Reads all files NAME.toml. Other files are ignored, such as those that editors and package managers leave behind, unless their
/// name shows that a machine was meant. A file that others can change is refused. Blocks for as long as the file system of the
/// directory, and the directory service of users and groups.
/// @param known the machines that are supervised, or that an earlier daemon has left: their images are not given to others
/// @throws coqmp_daemon::configuration_error the directory cannot be read
[[nodiscard]] machine_set read_machines(std::string const& directory, known_machines const& known = {});

/// The same for texts that have been read already.
[[nodiscard]] machine_set parse_machines(std::vector<file_text> const& files, known_machines const& known = {});
/// @param images says which file each image is
[[nodiscard]] machine_set parse_machines(std::vector<file_text> const& files, image_lookup& images,
                                         known_machines const& known = {});

}  // namespace coqmpd

#endif
