#include "net/socket_file.hpp"

#include "detail/unique_fd.hpp"
#include "net/listen_failure.hpp"

#include <coqmp/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace coqmp::detail {

namespace {

using boost::system::error_code;

/// The result of connecting to a socket file. The probe is a datagram socket: a live stream socket answers EPROTOTYPE and its
/// owner notices nothing, but would have to accept a stream socket.
int probe(std::string const& path) noexcept
{
    unique_fd const socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::sockaddr_un const address = socket_address(path);
    bool const connected = ::connect(socket.number(), reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0;
    return connected ? 0 : errno;
}

/// Held while a stale socket file is removed, so that two listeners that find it at the same time cannot remove each other's
/// new socket. The lock is a private file beside the socket: other users can neither hold it nor make a listener wait for it.
class replacement_lock
{
public:
    /// @throws boost::system::system_error if the lock is not free
    explicit replacement_lock(endpoint const& address) : name_(name_for(address.path()))
    {
        for (int attempts = 0; attempts < 16; ++attempts) {
            take(address);
            if (is_still_there())
                return;  // otherwise its last holder has removed it, and other listeners lock a new one
        }
        fail_as_busy(address);
    }
    replacement_lock(replacement_lock const&) = delete;
    replacement_lock& operator=(replacement_lock const&) = delete;
    ~replacement_lock() { ::unlink(name_.c_str()); }  // Closing the file unlocks it.

private:
    static std::string name_for(std::filesystem::path const& path)
    {
        return path.parent_path() / ("." + path.filename().string() + ".coqmp-lock");
    }

    void take(endpoint const& address)
    {
        constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        file_ = unique_fd(::open(name_.c_str(), flags, S_IRUSR | S_IWUSR));
        int const error = errno;
        bool const denied = error == ELOOP || error == EACCES || error == EISDIR;
        struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
        if (file_.number() < 0 && !(denied && ::lstat(name_.c_str(), &found) == 0))
            fail_to_listen(address, error);
        if (!is_private())
            fail_to_listen(address, make_error_code(errc::address_in_use),
                           "a stale socket is there, and \"" + name_ +
                               "\", which guards its replacement, is not a private file of this user; remove both");
        if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
            fail_as_busy(address);
    }

    [[nodiscard]] bool is_private() const noexcept
    {
        struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): fstat() fills it
        return ::fstat(file_.number(), &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == ::geteuid() &&
               (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    }

    [[nodiscard]] bool is_still_there() const noexcept
    {
        struct ::stat held;   // NOLINT(cppcoreguidelines-pro-type-member-init): fstat() fills it
        struct ::stat named;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
        return ::fstat(file_.number(), &held) == 0 && ::lstat(name_.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
               held.st_ino == named.st_ino;
    }

    [[noreturn]] static void fail_as_busy(endpoint const& address)
    {
        fail_to_listen(address, make_error_code(errc::address_in_use),
                       "another program is replacing a stale socket there; try again");
    }

    std::string name_;
    unique_fd file_;
};

/// Whether the owner of this socket has ended. Rejects a live owner's socket, and a file that is not a socket.
bool is_stale(endpoint const& address)
{
    struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
    if (::lstat(address.path().c_str(), &found) != 0)
        return false;  // nothing is there, or bind() reports what is wrong
    if (!S_ISSOCK(found.st_mode))
        fail_to_listen(address, make_error_code(errc::address_in_use),
                       "what is there is not a socket; remove it or choose another path");
    switch (int const answer = probe(address.path())) {
        case ENOENT:
            return false;
        case ECONNREFUSED:
            return true;
        case 0:
        case EPROTOTYPE:
            fail_to_listen(address, make_error_code(errc::address_in_use),
                           "another process is listening there; choose another path");
        default:
            fail_to_listen(address, make_error_code(errc::address_in_use),
                           "there is a socket, and it is unknown whether its owner is alive (" +
                               error_code(answer, boost::system::system_category()).message() + "); choose another path");
    }
}

}  // namespace

::sockaddr_un socket_address(std::string const& path) noexcept
{
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    return address;
}

socket_file::socket_file(std::string const& path) : path_(std::filesystem::absolute(path).string())
{
    struct ::stat bound;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
    if (::lstat(path_.c_str(), &bound) == 0) {
        device_ = bound.st_dev;
        inode_ = bound.st_ino;
    }
}

void socket_file::remove() noexcept
{
    if (removed_.exchange(true))
        return;
    // Needs no lock: the owner still holds the socket, so no listener finds the file stale and replaces it, and no other file
    // gets its inode.
    struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
    if (::lstat(path_.c_str(), &found) == 0 && S_ISSOCK(found.st_mode) && found.st_dev == device_ && found.st_ino == inode_)
        ::unlink(path_.c_str());
}

// Examines the file again under the lock, because a stale file may have been replaced since. (A file
// that is stale under the lock stays stale, because it cannot be bound again.)
void remove_stale_file(endpoint const& address)
{
    if (!is_stale(address))
        return;
    replacement_lock const lock(address);
    if (is_stale(address) && ::unlink(address.path().c_str()) != 0 && errno != ENOENT)
        fail_to_listen(address, errno);
}

}  // namespace coqmp::detail
