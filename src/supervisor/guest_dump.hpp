// Dumps the memory of a panicked guest to a file, through QEMU's monitor.
// Invariant: each begin() is followed by one `finished`, or by the end of the process or of this object. QEMU gets an open file and
// no path, so that it needs no rights in the directory, whichever user it runs as.
#ifndef COQMP_SRC_SUPERVISOR_GUEST_DUMP_HPP
#define COQMP_SRC_SUPERVISOR_GUEST_DUMP_HPP

#include "detail/revocable_executor.hpp"
#include "detail/unique_fd.hpp"
#include "supervision/dump_files.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>
#include <coqmp/log_level.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace coqmp::detail {

class session_impl;

/// What a guest_dump reports to the driver that it belongs to, on the executor.
class dump_owner
{
public:
    dump_owner(dump_owner const&) = delete;
    dump_owner& operator=(dump_owner const&) = delete;

    /// The dump is complete, or there will be none.
    virtual void dumped() = 0;
    virtual void write(log_level level, std::string const& sentence) = 0;

protected:
    dump_owner() = default;
    ~dump_owner() = default;
};

/// Used on the executor only.
class guest_dump final : public std::enable_shared_from_this<guest_dump>
{
public:
    guest_dump(boost::asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, dump_owner& owner,
               std::string machine);

    /// The guest has panicked. A dump that is already being written counts.
    /// @param monitor null: there is no connection; look() begins when there is one
    void begin(std::shared_ptr<session_impl> const& monitor, dump_settings settings);
    /// An event of QEMU.
    void take(event const& what);
    /// There is another connection to the same process, or events were lost.
    void look(std::shared_ptr<session_impl> const& monitor);
    /// The process has ended.
    void process_ended();
    /// Does nothing more. The next supervisor keeps or removes the file.
    void abandon() noexcept;

private:
    enum class phase {
        idle,
        preparing,
        disconnected,  ///< The connection has ended during the preparations: look() begins anew.
        writing,
        keeping  ///< It is complete, and gets its name.
    };
    using answer_handler = void (guest_dump::*)(boost::system::error_code, reply const&);
    struct opened_dump;
    struct kept_dump;

    void ask(command&& request, answer_handler answered);
    void state_known(boost::system::error_code error, reply const& answer);
    void memory_known(boost::system::error_code error, reply const& answer);
    void file_is_open(opened_dump& opened);
    void file_is_passed(boost::system::error_code error, reply const& answer);
    void begun(boost::system::error_code error, reply const& answer);
    void looked(boost::system::error_code error, reply const& answer);
    void settle(dump_progress progress, std::string const& why);
    void fail(boost::system::error_code error, reply const& answer);
    void refuse(std::string const& why);
    void finish();
    void discard_file();
    /// @param is_expected whether there must be a file
    void keep_file(bool is_expected);
    void file_is_kept(kept_dump const& kept, bool is_expected);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<revocable_executor> const home_;
    dump_owner* owner_;  ///< None: abandoned.
    std::string const machine_;
    dump_settings settings_;
    std::shared_ptr<session_impl> monitor_;
    phase phase_ = phase::idle;
    unsigned round_ = 0;   ///< Answers to earlier rounds are ignored.
    bool is_new_ = false;  ///< A panic was seen that was not dumped yet.
};

}  // namespace coqmp::detail

#endif
