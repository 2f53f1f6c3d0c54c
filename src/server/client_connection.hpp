// One client of a monitor server: its socket, its conversation, and its commands.
// Invariant: while the connection is open, a wait is pending that notices its end.
#ifndef COQMP_SRC_SERVER_CLIENT_CONNECTION_HPP
#define COQMP_SRC_SERVER_CLIENT_CONNECTION_HPP

#include "detail/handler_memory.hpp"
#include "detail/revocable_executor.hpp"
#include "net/socket.hpp"
#include "protocol/server_dialogue.hpp"
#include "server/connection_owner.hpp"
#include "server/running_coroutines.hpp"
#include "server/server_limits.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/descriptor.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_request.hpp>

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// Used on the server's executor only, apart from is_at_home(), post() and client().
class client_connection : public std::enable_shared_from_this<client_connection>
{
public:
    client_connection(std::shared_ptr<connection_owner> owner, std::shared_ptr<revocable_executor> home, stream_socket&& socket,
                      std::shared_ptr<monitor_client const> client, protocol::server_dialogue_options const& dialogue,
                      server_limits const& limits);
    client_connection(client_connection const&) = delete;
    client_connection& operator=(client_connection const&) = delete;
    ~client_connection();

    /// Sends the greeting and begins to read.
    void start();
    /// Sends what the kernel takes at once, and ends the connection.
    void close() noexcept;
    /// Ends the connection with its execution context.
    void abandon() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return socket_.has_value(); }

    [[nodiscard]] std::shared_ptr<monitor_client const> const& client() const noexcept { return client_; }
    /// Of the server. Call this only while the connection is open.
    [[nodiscard]] boost::asio::any_io_executor executor() { return socket_->get_executor(); }
    [[nodiscard]] running_coroutines& coroutines() noexcept { return coroutines_; }

    /// @param text of the event
    void send_event(event const& what, std::string_view text);
    void choose_events(event_filter filter) { filter_ = std::move(filter); }

    /// Whether this thread is running handlers of the server's executor. False if that cannot be known.
    [[nodiscard]] bool is_at_home() const noexcept { return home_->is_running(); }
    /// Runs a function with the connection later, on the server's executor.
    template <class Function>
    void post(Function function)
    {
        home_->post([self = shared_from_this(), function = std::move(function)]() mutable { function(*self); });
    }

    // Each answers a command that has no answer yet.
    void answer(protocol::ticket which, bool is_out_of_band, boost::json::value const& value, std::vector<descriptor> carried);
    void answer_text(protocol::ticket which, bool is_out_of_band, std::string_view value);
    void fail(protocol::ticket which, bool is_out_of_band, command_error const& error);

private:
    void on_readable();
    void turn();
    void do_what_is_possible();
    void handle(protocol::server_action&& action);
    void execute(monitor_request request);
    void answered(bool is_out_of_band);
    void flush();
    void report_lost_events();
    void arm();
    void forget_read_bytes();
    void arm_read();
    void arm_write();
    void arm_hangup();
    void end();

    std::shared_ptr<connection_owner> owner_;  // none once the connection has ended
    std::shared_ptr<revocable_executor> const home_;
    std::shared_ptr<monitor_client const> const client_;
    server_limits const limits_;
    protocol::server_dialogue dialogue_;
    std::optional<stream_socket> socket_;  // none once the connection has ended

    std::string unread_;  // received, but the dialogue does not want it yet
    std::size_t unread_begin_ = 0;
    std::deque<monitor_request> waiting_;  // in-band commands
    std::size_t executing_ = 0;            // in-band commands
    running_coroutines coroutines_;
    std::optional<event_filter> filter_;
    std::uint64_t lost_events_ = 0;

    handler_memory read_memory_;
    handler_memory hangup_memory_;
    bool is_reading_ = false;
    bool is_writing_ = false;
    bool awaits_hangup_ = false;
    bool is_in_turn_ = false;
};

}  // namespace coqmp::detail

#endif
