// The state behind a monitor proxy: joins a server with clients, a session, and the rules of sharing it.
#ifndef COQMP_SRC_PROXY_MONITOR_PROXY_IMPL_HPP
#define COQMP_SRC_PROXY_MONITOR_PROXY_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/revocable_executor.hpp"
#include "proxy/event_choice.hpp"
#include "proxy/forwarder.hpp"
#include "proxy/proxied_command.hpp"
#include "proxy/upstream.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/monitor_server.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace coqmp::detail {

/// Used on its executor only, apart from the functions that say otherwise.
class monitor_proxy_impl final : public handler_registration,
                                 public proxy::upstream_owner,
                                 public proxy::forwarder_owner,
                                 public std::enable_shared_from_this<monitor_proxy_impl>
{
public:
    using pointer = std::shared_ptr<monitor_proxy_impl>;
    using drain_handler = pending_handler<void(boost::system::error_code)>;

    monitor_proxy_impl(boost::asio::any_io_executor executor, monitor_proxy_options options);
    /// Call it once, before all else.
    void start();

    // From any thread.
    [[nodiscard]] monitor_server& server() noexcept { return *server_; }
    void close() noexcept;
    /// Runs a function with this object on the executor: at once if the caller is already running there.
    template <class Function>
    void run_at_home(Function function)
    {
        if (home_->is_running())
            function(*this);
        else
            home_->post([self = shared_from_this(), function = std::move(function)]() mutable { function(*self); });
    }

    /// @param gate what the clients' commands pass, if there is one
    void use(std::shared_ptr<session_impl> session, std::shared_ptr<proxy::command_gate> gate = nullptr);
    void apply_policies();
    void drain(std::shared_ptr<drain_handler> const& waiting);
    void cancel_drain(std::shared_ptr<drain_handler> const& waiting);

    void destroy_handlers() noexcept override;

private:
    using policy_pointer = std::shared_ptr<monitor_policy const>;
    struct client
    {
        monitor_client who;
        policy_pointer policy;  ///< None: it is being disconnected.
        proxy::event_choice events;
    };

    // The server's hooks.
    void client_connected(monitor_client const& who);
    void client_left(monitor_client const& who);
    void received(monitor_request&& request);

    void happened(event const& what) override;
    void happened(protocol::plain_event const& what) override;
    void upstream_ended(proxy::upstream const& which, session_end const& how) override;

    void ended(proxy::proxied_command const& which, command_error const* error, bool was_refused) override;
    void dropped(proxy::proxied_command const& which) override;
    void became_idle() override;
    void connection_lost(boost::system::error_code why) override;
    [[nodiscard]] policy_pointer policy_of(proxy::client_id who) const override;
    [[nodiscard]] std::shared_ptr<proxy::forwarder_owner> keep_alive() override { return shared_from_this(); }

    [[nodiscard]] policy_pointer choose_policy(monitor_client const& who) const;
    void choose_events(client& from, proxy::proxied_command& arrived);
    /// From the call of close() on, which may be before end(): none of the user's functions is called any more.
    [[nodiscard]] bool is_closed() const noexcept { return close_requested_ || is_closed_; }
    [[nodiscard]] std::vector<std::uint64_t> client_numbers() const;
    [[nodiscard]] monitor_audit record_of(proxy::proxied_command const& which) const;
    void audit(monitor_audit const& record);
    void drop_parked(std::uint64_t number);
    void end_drain(boost::system::error_code error);
    void end();

    monitor_proxy_options const options_;
    std::shared_ptr<revocable_executor> const home_;
    std::optional<monitor_server> server_;  ///< From start() on.
    std::unordered_map<std::uint64_t, client> clients_;
    proxy::forwarder forwarder_{*this};
    std::optional<event> gap_;                    ///< The session has ended: the event that the held clients will get.
    std::vector<proxy::proxied_command> parked_;  ///< Came after the drain had begun.
    std::vector<std::shared_ptr<drain_handler>> drains_;
    bool is_draining_ = false;
    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
    bool is_closed_ = false;
};

}  // namespace coqmp::detail

#endif
