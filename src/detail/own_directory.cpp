#include "detail/own_directory.hpp"

#include "detail/explained_error.hpp"

#include <boost/system/error_code.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace coqmp::detail {

void require_own_directory(int opened, std::string const& path)
{
    struct ::stat found = {};
    if (opened < 0 || ::fstat(opened, &found) != 0) {
        boost::system::error_code const code(errno, boost::system::system_category());
        throw explained_error(code, "cannot open the directory " + path + ": " + code.message());
    }
    if (found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw explained_error(make_error_code(boost::system::errc::permission_denied),
                              "the directory " + path + " belongs to another user, or others may write to it");
}

}  // namespace coqmp::detail
