// A QEMU of another owner, which is watched on a monitor of its own.
// Invariant: nothing is done to its process, and it is asked only for what the rules of supervision want to know.
#ifndef COQMP_SRC_SUPERVISOR_OBSERVED_QEMU_HPP
#define COQMP_SRC_SUPERVISOR_OBSERVED_QEMU_HPP

#include "supervision/backoff_plan.hpp"
#include "supervision/end_record.hpp"
#include "supervisor/supervised_qemu.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/session.hpp>
#include <coqmp/session_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

/// There is no pidfd for a process that was dialed. It counts as ended when its connection ends after an event that announced its
/// end, or when no process listens at its address.
class observed_qemu final : public supervised_qemu, public std::enable_shared_from_this<observed_qemu>
{
public:
    observed_qemu(boost::asio::any_io_executor executor, endpoint monitor, session_options options, qemu_owner& owner);

    /// Connects, and connects again whenever that fails or the connection ends.
    void dial();

    void apply(machine_spec /*spec*/) override {}
    void launch() override {}
    void adopt(machine_record const& /*which*/) override {}
    void shut_down(shutdown_options const& /*options*/) override {}
    void extend_shutdown(std::chrono::nanoseconds /*by*/) override {}
    void kill() override {}
    void reconnect() override {}  // it does so by itself
    void release() override { disconnect(); }
    void abandon() noexcept override;
    [[nodiscard]] std::shared_ptr<session_impl> monitor() const override;
    [[nodiscard]] ::pid_t pid() const noexcept override { return -1; }

private:
    /// Calls a member with the arguments of a handler, unless there is another session by then.
    template <class Member>
    [[nodiscard]] auto of_this_session(Member member);

    void dialed(boost::system::error_code error);
    void dial_later();
    void read_events();
    void happened(event const& what);
    void session_ended();
    void end();
    void disconnect() noexcept;

    boost::asio::any_io_executor executor_;
    endpoint const address_;
    session_options const options_;
    qemu_owner* owner_;  ///< None: abandoned.

    std::optional<session> session_;
    unsigned number_ = 0;  ///< Identifies the current session.
    std::optional<event_stream> events_;
    bool is_ready_ = false;
    bool is_found_ = false;  ///< The process lives, as far as is known.
    end_record seen_;
    std::optional<boost::asio::steady_timer> next_dial_;
    backoff_plan pauses_;
    std::string complaint_;  ///< The last one about a connection that failed.
};

}  // namespace coqmp::detail

#endif
