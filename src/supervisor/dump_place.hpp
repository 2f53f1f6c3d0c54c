// The directory of crash dumps, and the dump that is being written there.
// Invariant: a file has the name of a dump only if QEMU has said that the dump is complete. For helper threads: all of it may block.
#ifndef COQMP_SRC_SUPERVISOR_DUMP_PLACE_HPP
#define COQMP_SRC_SUPERVISOR_DUMP_PLACE_HPP

#include "detail/unique_fd.hpp"
#include "supervision/dump_files.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace coqmp::detail {

class dump_place
{
public:
    /// Creates the directory if it does not exist, for us alone: a dump holds all secrets of a guest.
    /// @throws boost::system::system_error what() says why this directory cannot be used
    dump_place(std::string machine, dump_settings settings);

    /// Removes what earlier dumps of this machine have left, makes room, and creates the file of a new dump.
    /// @param memory of the guest, in bytes @return open for writing
    /// @throws boost::system::system_error what() says why the guest is not dumped
    [[nodiscard]] unique_fd create(std::uint64_t memory);

    /// The dump that create() has begun, or that an earlier supervisor has begun, is complete.
    /// @return the path of the file; empty if there is none @throws boost::system::system_error
    [[nodiscard]] std::string keep();

    /// The dump will not be completed.
    void discard() noexcept;

private:
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] std::uint64_t free_bytes() const;

    std::string machine_;
    dump_settings settings_;
    unique_fd directory_;
};

}  // namespace coqmp::detail

#endif
