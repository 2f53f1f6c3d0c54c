#include "machine/machine_directory.hpp"

#include "detail/explained_error.hpp"
#include "detail/own_directory.hpp"
#include "machine/lock_holder.hpp"
#include "machine/unrecorded_qemu.hpp"
#include "process/process_identity.hpp"

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

std::optional<machine_directory::resident> machine_directory::find(launch_options const& spec, lock_holders* holders) const
{
    std::optional<resident> result;
    if (auto const stored = machine_record::load(record())) {
        result = resident{*stored, true};
        if (find_process({stored->process, stored->start_time, stored->boot_id}))
            return result;
    }
    auto const holder = holders != nullptr ? holders->of(lock_file()) : holder_of_lock(lock_file());
    if (holder && may_be_qemu(holder->number, spec, monitor())) {
        resident unrecorded;
        unrecorded.record.process = holder->number;
        unrecorded.record.start_time = holder->start_time;
        unrecorded.record.boot_id = holder->boot_id;
        unrecorded.record.monitor = monitor();
        return unrecorded;
    }
    return result;
}

descriptor machine_directory::lock() const
{
    constexpr ::mode_t owner_only = 0600;
    std::string const name = lock_file();
    // QEMU inherits it, and must not be able to fill the disk with it.
    descriptor file(::open(name.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, owner_only));
    if (file.number() >= 0 && ::flock(file.number(), LOCK_EX | LOCK_NB) == 0)
        return file;
    boost::system::error_code const code(errno, boost::system::system_category());
    bool const is_held = code == boost::system::errc::resource_unavailable_try_again;
    throw explained_error(code, "cannot lock " + name + ": " + (is_held ? why_it_is_locked() : code.message()));
}

std::string machine_directory::why_it_is_locked() const
{
    auto const holder = holder_of_lock(lock_file());
    if (!holder)
        return "a QEMU that has no record, and that cannot be found, is still running there; end it first";
    return described_process(holder->number) +
           " has inherited the lock, and a QEMU may be running there that has no record and that cannot be adopted; end it first";
}

void machine_directory::require_ownership() const
{
    descriptor const directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    require_own_directory(directory.number(), path_.native());
}

}  // namespace coqmp::detail
