// One run of a hook's program.
// Invariant: it ends. When its time is up, it gets SIGTERM, then SIGKILL; what it leaves behind in its process group is killed.
#ifndef COQMP_DAEMON_HOOKS_HOOK_PROCESS_HPP
#define COQMP_DAEMON_HOOKS_HOOK_PROCESS_HPP

#include "daemon/hooks/output_lines.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <coqmp/exit_status.hpp>

#include <sys/types.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp_daemon {

/// A program, never a command line for a shell.
struct hook_run
{
    std::string program;  ///< Its absolute path.
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< The complete environment.
    std::string input;                     ///< For its standard input.
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    std::chrono::milliseconds patience = std::chrono::seconds(5);  ///< Between SIGTERM and SIGKILL.
    output_limits output;
};

struct hook_end
{
    std::string failure;  ///< Why it could not be started; empty if it was started.
    coqmp::exit_status status;
    bool was_too_slow = false;
    std::uint64_t lines_left_out = 0;
};

/// Our process must ignore SIGPIPE, as `signals` does: a hook need not read its input.
/// @par Threads That of its executor. The program is started on another executor, because a slow file system can block the start.
/// @par Lifetime It lives until its program has ended, or until kill().
class hook_process : public std::enable_shared_from_this<hook_process>
{
public:
    struct callbacks
    {
        std::function<void(std::string_view line)> line;  ///< For each line of standard output and standard error.
        std::function<void(hook_end const&)> end;         ///< Called once, as the last callback.
    };

    /// @param launcher an executor whose thread may block
    [[nodiscard]] static std::shared_ptr<hook_process> start(boost::asio::any_io_executor const& executor,
                                                             boost::asio::any_io_executor const& launcher, hook_run run,
                                                             callbacks to_call);

    /// The time is up; called by the timer.
    void expire();
    /// The daemon ends: SIGKILL at once, and no callback follows.
    void kill();

private:
    struct launched;

    hook_process(boost::asio::any_io_executor const& executor, hook_run run, callbacks to_call);
    void take(launched& result);
    void write_input();
    void read_output();
    void take_output(std::size_t count);
    void wait_for_end();
    void await_time(std::chrono::milliseconds time);
    void drain();
    void finish();
    void signal(int number) const noexcept;
    void reap() noexcept;

    hook_run run_;
    callbacks callbacks_;
    output_lines lines_;
    boost::asio::posix::stream_descriptor input_;
    boost::asio::posix::stream_descriptor output_;
    boost::asio::posix::stream_descriptor pidfd_;
    boost::asio::steady_timer timer_;
    std::array<char, 4096> buffer_{};
    ::pid_t number_ = 0;  ///< Zero: there is no process, or it has been reaped.
    bool is_killed_ = false;
    hook_end end_;
};

}  // namespace coqmp_daemon

#endif
