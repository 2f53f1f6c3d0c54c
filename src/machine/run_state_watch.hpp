// Keeps a machine's run state up to date, and completes the operations that wait for a change.
// Invariant: at most one `query-status` is on its way.
#ifndef COQMP_SRC_MACHINE_RUN_STATE_WATCH_HPP
#define COQMP_SRC_MACHINE_RUN_STATE_WATCH_HPP

#include "session/session_impl.hpp"
#include "supervision/run_state_record.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/run_state.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <list>
#include <memory>
#include <optional>

namespace coqmp::detail {

class subscription;

/// The run state of one machine. Used on its executor, unless stated otherwise.
class run_state_watch : public std::enable_shared_from_this<run_state_watch>
{
public:
    using pointer = std::shared_ptr<run_state_watch>;
    using handler_type = pending_handler<void(boost::system::error_code, run_state)>;

    explicit run_state_watch(std::shared_ptr<session_impl> monitor) : monitor_(std::move(monitor)) {}

    // From any thread.
    [[nodiscard]] run_state state() const noexcept { return published_; }
    [[nodiscard]] boost::asio::any_io_executor const& executor() const noexcept { return monitor_->executor(); }
    /// @param known the state that the caller knows
    static void start_wait(pointer const& self, handler_type handler, run_state known);

    /// Before the machine is connected.
    void subscribe();
    /// The machine is ready.
    void begin();
    /// There will be no further state. @param why how waits complete from now on
    void end(boost::system::error_code why);

    /// The execution context ends.
    void destroy_handlers() noexcept;

private:
    struct change_wait
    {
        handler_type handler;
        run_state known;
    };

    void wait(std::shared_ptr<change_wait> const& waiting);
    void cancel(std::shared_ptr<change_wait> const& waiting);
    void look();
    void look_later();
    void answered(boost::system::error_code error, reply const& answer);
    void publish(run_state now);

    std::shared_ptr<session_impl> const monitor_;
    std::shared_ptr<subscription> events_;  // each event is seen as it comes; it holds none
    std::optional<boost::asio::steady_timer> next_look_;
    run_state_record record_;
    std::atomic<run_state> published_ = run_state::unknown;
    std::list<std::shared_ptr<change_wait>> waits_;
    bool has_begun_ = false;
    bool is_pausing_ = false;
    boost::system::error_code ended_;
};

}  // namespace coqmp::detail

#endif
