// The file to which a machine's QEMU writes its output.
// Invariant: while it is watched, the file is shortened again and again, whatever QEMU writes.
#ifndef COQMP_SRC_SUPERVISOR_BOUNDED_LOG_HPP
#define COQMP_SRC_SUPERVISOR_BOUNDED_LOG_HPP

#include "detail/revocable_executor.hpp"
#include "detail/time_source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace coqmp::detail {

/// Empties a log that is larger than the limit. Its last part, which is not larger than the limit, replaces the contents of the file
/// PATH.1. The writer keeps its descriptor; what it writes between the copy and the truncation is lost. Blocks as the disk does.
/// @param limit in bytes @return whether it was larger
bool shorten_log(std::string const& path, std::uint64_t limit) noexcept;

/// Used on the executor only. QEMU writes to the file directly, so that it can outlive us: nothing can stop it from writing more than
/// the limit between two checks. A log that was too large is checked again soon.
class bounded_log final : public std::enable_shared_from_this<bounded_log>
{
public:
    /// @param home the executor, for use from other threads
    /// @param limit in bytes; zero: none
    /// @param lock of the supervisor's directory, which is held while a check is in progress
    bounded_log(boost::asio::any_io_executor const& executor, std::shared_ptr<revocable_executor> home, std::string path,
                std::uint64_t limit, std::shared_ptr<void const> lock);
    ~bounded_log();

    /// Checks the file now, and from now on.
    void watch();
    /// QEMU has ended. The file is checked for the last time.
    void finish() noexcept;
    /// The machine is left to another supervisor, which watches the file from now on.
    void leave() noexcept;

private:
    void check() noexcept;
    void checked(bool was_too_large);
    void arm(time_source::time_point::duration pause) noexcept;

    std::shared_ptr<revocable_executor> const home_;
    std::string const path_;
    std::uint64_t const limit_;
    std::shared_ptr<void const> const lock_;
    time_source& clock_;
    boost::asio::steady_timer timer_;
    bool is_watched_ = false;
    bool is_being_checked_ = false;
};

}  // namespace coqmp::detail

#endif
