// Writes the audit log on a thread of its own, so that a slow disk delays no command.
// Invariant: the lines that wait never take more than audit_log::most_bytes; lost lines are counted and reported in the file.
#ifndef QMP_PROXY_AUDIT_AUDIT_LOG_HPP
#define QMP_PROXY_AUDIT_AUDIT_LOG_HPP

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace qmp_proxy {

class audit_log
{
public:
    /// Called on the log's thread: at the first failure to write, and when writing works again (no error, and how many lines
    /// were lost).
    using report = std::function<void(boost::system::error_code, std::uint64_t lost)>;

    static constexpr std::size_t most_bytes = std::size_t{1} << 20;

    /// Opens the file, which may block for as long as the file system does.
    /// @throws boost::system::system_error it cannot be opened
    audit_log(std::string const& path, report reported);
    audit_log(audit_log const&) = delete;
    audit_log& operator=(audit_log const&) = delete;
    /// Waits until all lines are written, but no longer than a second.
    ~audit_log();

    /// Writes a line soon.
    void write(std::string line);

    /// Opens the file again: the lines that follow go to the file that has the log's name by then.
    void reopen();

    /// How many lines could not be written so far.
    [[nodiscard]] std::uint64_t lost() const;

private:
    struct state;
    std::shared_ptr<state> const state_;
};

}  // namespace qmp_proxy

#endif
