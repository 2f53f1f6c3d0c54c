// The state behind a guest_agent: joins a session with the agent with the commands that wait for it, the files that are open in the
// guest, and the freeze.
// Invariant: what was opened or frozen through it is closed and thawed before it closes the connection.
#ifndef COQMP_SRC_GUEST_AGENT_GUEST_AGENT_IMPL_HPP
#define COQMP_SRC_GUEST_AGENT_GUEST_AGENT_IMPL_HPP

#include "detail/background_work.hpp"
#include "detail/cancellation.hpp"
#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/outcome.hpp"
#include "guest_agent/agent_command.hpp"
#include "guest_agent/agent_line.hpp"
#include "guest_agent/agent_queue.hpp"
#include "guest_agent/agent_timeouts.hpp"
#include "guest_agent/alarm.hpp"
#include "guest_agent/channel_state.hpp"
#include "guest_agent/freezing.hpp"
#include "guest_agent/open_files.hpp"

#include <coqmp/command.hpp>
#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/guest_agent_options.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace coqmp::detail {

/// Used on its executor, except for the functions that say otherwise.
class guest_agent_impl final : public handler_registration,
                               public agent_line,
                               public std::enable_shared_from_this<guest_agent_impl>
{
public:
    using pointer = std::shared_ptr<guest_agent_impl>;
    using plain_handler = pending_handler<void(boost::system::error_code)>;

    guest_agent_impl(boost::asio::any_io_executor executor, guest_agent_options options);

    // From any thread.
    void close() noexcept;
    [[nodiscard]] guest_agent_options const& options() const noexcept { return options_; }
    void release_freeze(freeze_state::ticket holder) noexcept;
    void release_file(std::int64_t handle) noexcept;

    void connect(std::shared_ptr<plain_handler> const& waiting, endpoint const& where);
    void cancel_connect(std::shared_ptr<plain_handler> const& waiting);
    void cancel(command_pointer const& what, boost::asio::cancellation_type kind);
    [[nodiscard]] open_files& files() noexcept { return files_; }
    /// Call proceed() afterwards.
    [[nodiscard]] freezing& freeze() noexcept { return freeze_; }
    /// Does all that can be done now.
    void proceed();

    void submit(command_pointer const& what) override;
    void submit_cleanup(command&& what, agent_command::end_function on_end, bool goes_first) override;
    [[nodiscard]] bool is_closed() const noexcept override { return closed_; }
    [[nodiscard]] time_source::time_point now() const noexcept override { return alarm_.now(); }
    void log_error(std::string const& sentence) const override;

    void destroy_handlers() noexcept override;

private:
    void complete_connect(boost::system::error_code error);
    void end();
    void synchronize();
    void synchronized(std::int64_t number, boost::system::error_code error, reply const& answer);
    void send(command_pointer const& what);
    void answered(boost::system::error_code error, reply&& answer);
    void fail_all(boost::system::error_code reason);
    void arm();

    guest_agent_options const options_;
    agent_timeouts const timeouts_;
    coqmp::session session_;
    alarm alarm_;
    channel_state channel_;
    open_files files_;
    freezing freeze_;
    agent_queue queue_;
    command_pointer active_;
    boost::asio::cancellation_signal abandon_active_;
    std::shared_ptr<plain_handler> connecting_;
    time_source::time_point connect_deadline_ = time_source::time_point::max();
    bool connected_ = false;
    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
    bool closed_ = false;
    background_work cleanup_;
};

/// Starts an operation with a command, from any thread. `member(state, command)` runs on the agent's executor.
template <class Member>
void begin_agent_command(guest_agent_impl::pointer const& impl, agent_command::handler_type&& handler, command&& what,
                         Member member)
{
    if (!impl)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    auto const slot = handler.slot();
    auto const pending = std::make_shared<agent_command>(std::move(what));
    pending->handler.emplace(std::move(handler));
    on_cancellation(slot, impl, pending, [](guest_agent_impl& state, auto const& which, boost::asio::cancellation_type kind) {
        state.cancel(which, kind);
    });
    boost::asio::dispatch(impl->executor(), [impl, pending, member = std::move(member)] { member(*impl, pending); });
}

}  // namespace coqmp::detail

#endif
