// One client of a proxy, who asks, misbehaves and leaves at random.
#ifndef COQMP_TEST_SOAK_PROXY_VISITOR_HPP
#define COQMP_TEST_SOAK_PROXY_VISITOR_HPP

#include "fake_monitor.hpp"
#include "ledger.hpp"
#include "support/raw_client.hpp"

#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace coqmp::soak {

/// What the clients of one proxy share with it. The proxy runs on another thread.
struct shared_proxy
{
    shared_proxy(endpoint where, bool holds) : address(std::move(where)), holds_clients(holds) {}

    endpoint const address;
    bool const holds_clients;
    std::atomic<bool> is_over = false;
    std::atomic<std::int64_t> last_tag = 0;  ///< Of all clients: each command has a tag of its own.
    std::shared_ptr<received_tags> received = std::make_shared<received_tags>();
};

class proxy_visitor
{
public:
    proxy_visitor(boost::asio::any_io_executor executor, std::shared_ptr<shared_proxy> proxy, ledger& book, random& source);

    /// Connects, asks for a while, and leaves.
    boost::asio::awaitable<void> run();

    /// Checks, once the monitor has gone, that no command was received that the proxy has not sent.
    void check_at_the_end() const;

private:
    boost::asio::awaitable<void> ask();
    void command_one(bool out_of_band);
    void choose_events();
    void misbehave();

    boost::asio::awaitable<void> read();
    void take(boost::json::object const& message);
    void take_event(boost::json::object const& event);
    void take_reply(std::int64_t tag, boost::json::object const& reply);
    void check_error(std::int64_t tag, boost::json::object const& error);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<shared_proxy> proxy_;
    ledger& book_;
    random& random_;
    test::raw_client line_;
    bool const enables_out_of_band_ = once_in(random_, 2);
    bool const reads_ = !once_in(random_, 6);

    bool was_greeted_ = false;
    bool is_negotiated_ = false;
    int unmarked_ = 0;                  ///< Errors without an id that may come.
    std::deque<std::int64_t> in_band_;  ///< The commands that were sent and not answered, in their order.
    std::set<std::int64_t> out_of_band_;
    std::set<std::int64_t> choices_;  ///< Those that the proxy itself answers.
    std::vector<std::int64_t> not_sent_;
    std::optional<std::int64_t> next_event_;
    bool may_have_lost_a_gap_ = false;
};

}  // namespace coqmp::soak

#endif
