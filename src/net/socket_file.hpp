// The file of a unix socket: our own is unlinked at the end, and a dead owner's is removed before we bind.
// Invariant: the socket of a live owner is never unlinked.
#ifndef COQMP_SRC_NET_SOCKET_FILE_HPP
#define COQMP_SRC_NET_SOCKET_FILE_HPP

#include <coqmp/endpoint.hpp>

#include <sys/types.h>
#include <sys/un.h>

#include <atomic>
#include <string>

namespace coqmp::detail {

/// The file of a unix socket that we have bound.
class socket_file
{
public:
    /// @param path of the socket that was bound just now
    explicit socket_file(std::string const& path);

    /// Unlinks it, once, if it is still ours. Safe from any thread. Call this while the socket is open.
    void remove() noexcept;

private:
    std::string path_;  // absolute: the working directory may change
    ::dev_t device_ = 0;
    ::ino_t inode_ = 0;
    std::atomic<bool> removed_ = false;
};

/// Removes the file of a socket whose owner has ended, if one is there.
/// @throws boost::system::system_error a live owner's socket or another file is there, or it cannot be removed
void remove_stale_file(endpoint const& address);

[[nodiscard]] ::sockaddr_un socket_address(std::string const& path) noexcept;

}  // namespace coqmp::detail

#endif
