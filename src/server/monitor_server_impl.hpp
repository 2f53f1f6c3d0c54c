// The state behind a monitor server: where it listens, whom it dials, its clients.
#ifndef COQMP_SRC_SERVER_MONITOR_SERVER_IMPL_HPP
#define COQMP_SRC_SERVER_MONITOR_SERVER_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/revocable_executor.hpp"
#include "net/connection_acceptor.hpp"
#include "net/dialer.hpp"
#include "server/client_connection.hpp"
#include "server/command_handlers.hpp"
#include "server/connection_owner.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/monitor_server_options.hpp>
#include <coqmp/socket_access.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

class monitor_server_impl final : public handler_registration,
                                  public connection_owner,
                                  public connection_taker,
                                  public std::enable_shared_from_this<monitor_server_impl>
{
public:
    using pointer = std::shared_ptr<monitor_server_impl>;
    using dial_handler = pending_handler<void(boost::system::error_code, std::uint64_t)>;

    monitor_server_impl(boost::asio::any_io_executor executor, monitor_server_options options);

    // Before any other thread uses the server.
    [[nodiscard]] command_handlers& handlers() noexcept { return handlers_; }
    endpoint listen(endpoint const& address, socket_access const& access);
    bool stop_listening(endpoint const& address);

    // From any thread.
    void close() noexcept;
    [[nodiscard]] bool is_closed() const noexcept { return close_requested_ || is_closed_; }
    [[nodiscard]] std::size_t client_count() const noexcept { return client_count_.load(std::memory_order_relaxed); }
    /// Runs a function with this object on the executor: at once if the caller is already running there.
    template <class Function>
    void run_at_home(Function function)
    {
        if (home_->is_running())
            function(*this);
        else
            home_->post([self = shared_from_this(), function = std::move(function)]() mutable { function(*self); });
    }

    // On the executor only.
    void publish(event const& what);
    /// @param text of the event
    void publish(event const& what, std::string_view text);
    /// The same, but after the answers and events that were given before, which wait if it is not known where the handlers run.
    void publish_in_turn(event const& what, std::string_view text)
    {
        if (home_->is_running())
            return publish(what, text);
        home_->post([self = shared_from_this(), what, text = std::string(text)] { self->publish(what, text); });
    }
    void publish(event const& what, std::uint64_t client);
    void choose_events(std::uint64_t client, event_filter filter);
    void greet_with(greeting what) { options_.greeting = std::move(what); }
    void accept_clients(bool wanted);
    void disconnect(std::uint64_t client);
    void dial(std::shared_ptr<dial_handler> const& waiting, endpoint const& client);
    void cancel_dial(std::shared_ptr<dial_handler> const& waiting);

    void destroy_handlers() noexcept override;

private:
    struct pending_dial
    {
        std::shared_ptr<dialer> dial;
        std::shared_ptr<dial_handler> waiting;
    };

    void execute(monitor_request request) override;
    void connection_ended(client_connection& which) override;
    [[nodiscard]] bool wants_connection() const noexcept override;
    void take_connection(connection_acceptor const& from, unique_fd connection) override;
    void accept_failed(connection_acceptor const& from, boost::system::error_code why) override;

    void dialed(dialer const* which, endpoint const& client, boost::system::error_code error, stream_socket socket);
    std::uint64_t serve(stream_socket&& socket, endpoint const& through);
    [[nodiscard]] std::shared_ptr<client_connection> find(std::uint64_t client) const;
    void accept_more();
    void end();

    monitor_server_options options_;
    std::shared_ptr<revocable_executor> const home_;
    command_handlers handlers_;
    std::vector<std::shared_ptr<connection_acceptor>> acceptors_;
    std::list<pending_dial> dials_;
    std::map<std::uint64_t, std::shared_ptr<client_connection>> clients_;
    std::uint64_t last_client_ = 0;
    std::atomic<std::size_t> client_count_ = 0;
    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
    bool accepts_clients_ = true;
    std::atomic<bool> is_closed_ = false;  ///< By close(), or with the execution context.
};

}  // namespace coqmp::detail

#endif
