// The monitor of a fake QEMU: a monitor server, and connections to it that fail when a test wants them to.
// Invariant: a client receives what the server and the test sent, in the order in which they sent it, on a strand, too.
#ifndef COQMP_SRC_TESTING_FAULTY_MONITOR_HPP
#define COQMP_SRC_TESTING_FAULTY_MONITOR_HPP

#include "testing/line_gate.hpp"
#include "testing/stream.hpp"
#include "testing/wire.hpp"
#include "testing/wire_owner.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/testing/received_command.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace coqmp::testing::detail {

/// Used on one executor.
class faulty_monitor final : public wire_owner, public std::enable_shared_from_this<faulty_monitor>
{
public:
    /// @param execute gets every command but the negotiation
    faulty_monitor(boost::asio::any_io_executor executor, coqmp::greeting const& greeting, monitor_server::callback execute);

    endpoint listen(endpoint const& address);
    [[nodiscard]] endpoint pair();
    void dial(endpoint const& listener);

    void publish(std::string event, boost::json::object data)
    {
        if (!has_ended_)
            server_.publish(std::move(event), std::move(data));
    }
    /// Sends bytes that the server would not send.
    void say(std::string bytes);
    void split(std::size_t bytes);
    void set_gate(line_gate const& gate);

    /// QEMU ends: what was sent before still reaches the clients.
    void end();
    /// The same, without waiting for clients that do not read.
    void close();

    [[nodiscard]] std::vector<received_command> const& all_received() const noexcept { return received_; }

private:
    /// One address where the monitor listens, and its client.
    struct monitor_address
    {
        explicit monitor_address(boost::asio::any_io_executor const& executor) : acceptor(executor) {}

        stream_acceptor acceptor;
        endpoint address = endpoint::unix_socket("unknown");
        std::weak_ptr<wire> client;
    };

    void received(received_command what) override { received_.push_back(std::move(what)); }
    void ended(wire& which) override;

    std::shared_ptr<wire> serve(stream client);
    void accept(std::shared_ptr<monitor_address> const& at);
    template <class Function>
    void in_order(Function function);

    boost::asio::any_io_executor const executor_;
    monitor_server server_;
    std::vector<std::shared_ptr<monitor_address>> addresses_;
    std::list<std::shared_ptr<wire>> wires_;
    line_gate gate_;
    std::size_t most_at_once_ = 0;
    std::vector<received_command> received_;
    bool has_ended_ = false;
};

}  // namespace coqmp::testing::detail

#endif
