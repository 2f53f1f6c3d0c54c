#include "testing/faulty_monitor.hpp"

#include "detail/running_on.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <unistd.h>

#include <cstdint>
#include <limits>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::testing::detail {

namespace {

monitor_server_options server_options(coqmp::greeting const& greeting)
{
    monitor_server_options result;
    result.greeting = greeting;
    result.most_clients = std::numeric_limits<std::size_t>::max();
    result.event_bytes = std::numeric_limits<std::size_t>::max();  // QEMU drops no event of a client that does not read
    return result;
}

}  // namespace

faulty_monitor::faulty_monitor(asio::any_io_executor executor, coqmp::greeting const& greeting, monitor_server::callback execute)
    : executor_(std::move(executor)), server_(executor_, server_options(greeting))
{
    server_.handle_others(std::move(execute));
}

// The server runs what it is given at once in a handler of its `io_context`, and later on a strand or elsewhere. Runs a function
// after what the server was given before, and before what it is given later.
template <class Function>
void faulty_monitor::in_order(Function function)
{
    if (coqmp::detail::is_running_on(executor_))
        function();
    else
        asio::post(executor_, std::move(function));
}

// ---- Connections -----------------------------------------------------------------------------------------------------------

endpoint faulty_monitor::listen(endpoint const& address)
{
    auto const at = std::make_shared<monitor_address>(executor_);
    at->address = detail::listen(at->acceptor, address, 8);
    addresses_.push_back(at);
    accept(at);
    return at->address;
}

void faulty_monitor::accept(std::shared_ptr<monitor_address> const& at)
{
    at->acceptor.async_accept([self = weak_from_this(), at](error_code error, stream client) {
        auto const alive = self.lock();
        if (!alive || error || alive->has_ended_)
            return;
        auto const line = alive->serve(std::move(client));
        at->client = line;
        if (!line->is_open())
            alive->accept(at);  // a fault has ended it immediately
    });
}

endpoint faulty_monitor::pair()
{
    stream client(executor_);
    descriptor other = open_pair(client);
    serve(std::move(client));
    return endpoint::descriptor(std::move(other));
}

void faulty_monitor::dial(endpoint const& listener)
{
    stream client(executor_);
    connect(client, listener);
    serve(std::move(client));
}

std::shared_ptr<wire> faulty_monitor::serve(stream client)
{
    stream monitor(executor_);
    descriptor const other = open_pair(monitor);
    // The server works on a duplicate. An endpoint that owned the socket would live in each request, and a request that a test keeps
    // would then keep the connection open.
    server_.async_dial(endpoint::descriptor(other.number()), [other](error_code, std::uint64_t) {});
    auto result = std::make_shared<wire>(weak_from_this(), std::move(client), std::move(monitor));
    wires_.push_back(result);
    result->split(most_at_once_);
    result->set_gate(gate_);
    result->start();
    return result;
}

void faulty_monitor::ended(wire& which)
{
    for (auto const& each : addresses_)
        if (each->client.lock().get() == &which && !has_ended_)
            accept(each);
    std::erase_if(wires_, [&which](auto const& each) { return each.get() == &which; });
}

// ---- Faults. The list of wires is copied, because a wire that ends is erased from it. --------------------------------------

void faulty_monitor::say(std::string bytes)
{
    if (has_ended_)
        return;
    in_order([wires = wires_, bytes = std::move(bytes)] {
        for (auto const& each : wires)
            each->say(bytes);
    });
}

void faulty_monitor::split(std::size_t bytes)
{
    most_at_once_ = bytes;
    in_order([wires = wires_, bytes] {
        for (auto const& each : wires)
            each->split(bytes);
    });
}

void faulty_monitor::set_gate(line_gate const& gate)
{
    gate_ = gate;
    in_order([wires = wires_, gate] {
        for (auto const& each : wires)
            each->set_gate(gate);
    });
}

// ---- The end ---------------------------------------------------------------------------------------------------------------

void faulty_monitor::end()
{
    if (std::exchange(has_ended_, true))
        return;
    for (auto const& each : addresses_) {
        error_code ignored;
        each->acceptor.close(ignored);
        if (each->address.is_unix())
            ::unlink(each->address.path().c_str());
    }
    in_order([self = shared_from_this()] { self->server_.close(); });
}

void faulty_monitor::close()
{
    end();
    in_order([self = shared_from_this()] {
        for (auto const& each : std::exchange(self->wires_, {}))
            each->close();
    });
}

}  // namespace coqmp::testing::detail
