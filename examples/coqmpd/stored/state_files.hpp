// What the daemon itself keeps of each machine in the directory of the state, beside the files of the supervisor.
// Invariant: a file is complete, an older one or the newest; only we can write it.
#ifndef COQMPD_STORED_STATE_FILES_HPP
#define COQMPD_STORED_STATE_FILES_HPP

#include "hooks/report_filter.hpp"
#include "machines/machine_file.hpp"
#include "stored/accepted_file.hpp"
#include "stored/launched_arguments.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

/// `NAME/file`, the file of a machine that was accepted last, and `NAME/reported`, the state that was reported last. Files are
/// written in the background, in order.
/// @par Threads That of its executor, except for read functions, which may be called in any thread.
class state_files
{
public:
    /// @param failed called on the executor with the name of a machine and a sentence
    state_files(boost::asio::any_io_executor executor, std::string const& directory,
                std::function<void(std::string const&, std::string const&)> failed);
    state_files(state_files const&) = delete;
    state_files& operator=(state_files const&) = delete;

    // They block for as long as the file system does.
    [[nodiscard]] std::optional<accepted_file> read_accepted(std::string const& machine) const;
    [[nodiscard]] std::optional<reported_state> read_reported(std::string const& machine) const;
    /// Whether the machine has a QEMU, which may have been launched by an earlier daemon: it has inherited a lock.
    [[nodiscard]] bool has_process(std::string const& machine) const;

    /// @param file a machine that is launched, not observed
    void keep(std::string const& machine, machine_file const& file, std::vector<launched_arguments> launches);
    void keep(std::string const& machine, reported_state what);
    /// Removes both files, and the directory of the machine if nothing else is there.
    void forget(std::string const& machine);
    /// Waits until all has been written.
    [[nodiscard]] boost::asio::awaitable<void> finish();

private:
    void write(std::string const& machine, char const* name, std::string const& text, bool survives_host) const;
    void work(std::string const& machine, std::function<void()> task);
    [[nodiscard]] std::filesystem::path file_of(std::string const& machine, char const* name) const;

    boost::asio::any_io_executor executor_;
    std::filesystem::path const directory_;
    std::function<void(std::string const&, std::string const&)> failed_;
    boost::asio::thread_pool thread_{1};
};

}  // namespace coqmpd

#endif
