// The state behind a fake QEMU: its monitor server, the wires to its clients, its guest, and what the test says that it answers.
// Invariant: all of it is used on one executor.
#ifndef COQMP_SRC_TESTING_FAKE_QEMU_IMPL_HPP
#define COQMP_SRC_TESTING_FAKE_QEMU_IMPL_HPP

#include "testing/guest_model.hpp"
#include "testing/line_gate.hpp"
#include "testing/stream.hpp"
#include "testing/wire.hpp"
#include "testing/wire_owner.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/schema.hpp>
#include <coqmp/testing/fake_qemu_options.hpp>
#include <coqmp/testing/received_command.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::testing::detail {

class fake_qemu_impl final : public wire_owner, public std::enable_shared_from_this<fake_qemu_impl>
{
public:
    fake_qemu_impl(boost::asio::any_io_executor executor, fake_qemu_options options);
    /// After the constructor.
    void start();

    endpoint listen(endpoint const& address);
    [[nodiscard]] endpoint pair();
    void dial(endpoint const& listener);

    void handle(std::string command, monitor_server::callback handler, execution bands);
    void handle(std::string command, monitor_server::coroutine handler, execution bands);
    void publish(std::string event, boost::json::object data) { server_.publish(std::move(event), std::move(data)); }

    void hold(std::string command) { held_names_.insert(std::move(command)); }
    void hold_all() noexcept { holds_all_ = true; }
    void release();
    boost::asio::awaitable<monitor_request> expect(std::string command);
    void execute(monitor_request request);

    [[nodiscard]] guest_model& guest() noexcept { return guest_; }
    /// Publishes the events of a change, and ends if it is the end.
    void happen(guest_change const& change);

    void say(std::string_view bytes);
    void split(std::size_t bytes);
    void set_gate(line_gate const& gate);

    /// The end of QEMU.
    void exit();
    /// The end of this object.
    void close() noexcept;
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
    [[nodiscard]] std::vector<received_command> const& all_received() const noexcept { return received_; }

private:
    struct handling
    {
        monitor_server::callback handler;
        execution bands;
    };

    /// One address where QEMU listens, and its client.
    struct monitor_address
    {
        monitor_address(boost::asio::any_io_executor const& executor) : acceptor(executor) {}

        stream_acceptor acceptor;
        endpoint address = endpoint::unix_socket("unknown");
        std::weak_ptr<wire> client;
    };

    void received(received_command what) override { received_.push_back(std::move(what)); }
    void ended(wire& which) override;

    std::shared_ptr<wire> serve(stream client);
    void accept(std::shared_ptr<monitor_address> const& at);
    void arrive(monitor_request request);
    void run(monitor_server::coroutine const& handler, monitor_request request);

    void add_own_commands();
    void add_query(std::string name, std::function<boost::json::value()> value);
    void add_change(std::string name, std::function<guest_change()> change);
    [[nodiscard]] std::vector<std::string> command_names() const;
    [[nodiscard]] boost::json::value version() const;

    boost::asio::any_io_executor const executor_;
    fake_qemu_options const options_;
    schema const schema_;  // empty if the test gave none
    monitor_server server_;
    guest_model guest_;
    std::map<std::string, handling, std::less<>> handlers_;
    std::set<std::string, std::less<>> held_names_;
    bool holds_all_ = false;
    std::deque<monitor_request> held_;
    boost::asio::steady_timer held_one_;
    std::list<std::shared_ptr<boost::asio::cancellation_signal>> running_;
    std::vector<std::shared_ptr<monitor_address>> addresses_;
    std::list<std::shared_ptr<wire>> wires_;
    line_gate gate_;
    std::size_t most_at_once_ = 0;
    std::vector<received_command> received_;
    bool has_ended_ = false;
};

}  // namespace coqmp::testing::detail

#endif
