#include "process/process_identity.hpp"

#include "detail/pidfd.hpp"
#include "detail/process_status.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <fstream>
#include <utility>

namespace coqmp::detail {

std::string current_boot_id()
{
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string line;
    std::getline(file, line);
    return line;
}

process_identity identity_of(::pid_t process)
{
    process_identity result{process, status_of(process).start_time, current_boot_id()};
    if (result.start_time == 0 || result.boot_id.empty())
        throw boost::system::system_error({errno, boost::system::system_category()}, "cannot identify the process");
    return result;
}

std::shared_ptr<child const> find_process(process_identity const& identity)
{
    unique_fd pidfd(open_pidfd(identity.number));
    if (pidfd.number() < 0) {
        if (errno == ESRCH || errno == EINVAL || errno == ENOENT)  // EINVAL, ENOENT: the number belongs to a thread now
            return nullptr;
        throw boost::system::system_error({errno, boost::system::system_category()}, "cannot watch the process");
    }
    try {
        // As long as the process of the pidfd has not ended, the number is its own.
        bool const is_the_one = identity_of(identity.number) == identity;
        if (!is_the_one || has_ended(pidfd.number()))
            return nullptr;
    } catch (boost::system::system_error const&) {
        if (has_ended(pidfd.number()))
            return nullptr;
        throw;
    }
    return std::make_shared<child const>(identity.number, std::move(pidfd));
}

}  // namespace coqmp::detail
