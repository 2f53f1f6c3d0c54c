#include "machine/machine_directory.hpp"

#include "detail/explained_error.hpp"

#include <boost/system/error_code.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace coqmp::detail {

machine_directory::machine_directory(std::string const& path) : path_(std::filesystem::absolute(path))
{
    constexpr ::mode_t owner_only = 0700;
    if (::mkdir(path_.c_str(), owner_only) == 0 || errno == EEXIST)
        return;
    boost::system::error_code const code(errno, boost::system::system_category());
    throw explained_error(code, "cannot make the directory " + path_.native() + ": " + code.message());
}

descriptor machine_directory::lock() const
{
    constexpr ::mode_t owner_only = 0600;
    std::string const name = path_ / "lock";
    descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, owner_only));
    if (file.number() >= 0 && ::flock(file.number(), LOCK_EX | LOCK_NB) == 0)
        return file;
    boost::system::error_code const code(errno, boost::system::system_category());
    std::string const reason = code == boost::system::errc::resource_unavailable_try_again
                                   ? "a QEMU that has no record is still running there; end it first"
                                   : code.message();
    throw explained_error(code, "cannot lock " + name + ": " + reason);
}

}  // namespace coqmp::detail
