#include "clients/dialed_clients.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace qmp_proxy {

/// A client, from one connection to the next.
struct dialed_clients::dialed
{
    dialed(asio::any_io_executor const& executor, dial_settings settings) : wanted(std::move(settings)), pause(executor) {}

    [[nodiscard]] coqmp::endpoint const& address() const { return *wanted.address.value; }

    dial_settings wanted;
    asio::steady_timer pause;
    asio::cancellation_signal stop;
    bool is_wanted = true;
    bool has_failed = false;  ///< The failure was logged.
};

dialed_clients::dialed_clients(coqmp::monitor_proxy& proxy, coqmp_daemon::logger& log, failure failed)
    : proxy_(proxy), log_(log), failed_(std::move(failed))
{}

dialed_clients::~dialed_clients()
{
    for (auto const& each : clients_)
        stop(*each);
}

void dialed_clients::apply(std::vector<dial_settings> const& wanted)
{
    std::list<std::shared_ptr<dialed>> kept;
    for (dial_settings const& each : wanted) {
        auto const known =
            std::ranges::find_if(clients_, [&](auto const& client) { return client->address() == *each.address.value; });
        if (known != clients_.end()) {
            (*known)->wanted = each;
            kept.splice(kept.end(), clients_, known);
            continue;
        }
        kept.push_back(std::make_shared<dialed>(proxy_.get_executor(), each));
        if (has_begun_)
            dial(kept.back());
    }
    for (auto const& each : clients_)
        stop(*each);
    clients_ = std::move(kept);
}

void dialed_clients::begin()
{
    if (std::exchange(has_begun_, true))
        return;
    for (auto const& each : clients_)
        dial(each);
}

void dialed_clients::dial(std::shared_ptr<dialed> const& which)
{
    auto connected = [this, which](error_code error, std::uint64_t) {
        if (!which->is_wanted)
            return;
        if (!error) {
            which->has_failed = false;
            return;
        }
        std::string const sentence = "cannot connect to the client at " + which->address().to_string() + ": " + error.message();
        if (!which->wanted.reconnect)
            return failed_(sentence);
        if (!std::exchange(which->has_failed, true))
            log_.write(coqmp_daemon::log_priority::warning, sentence);
        redial_later(which);
    };
    proxy_.async_dial(which->address(), asio::bind_cancellation_slot(which->stop.slot(), std::move(connected)));
}

void dialed_clients::redial_later(std::shared_ptr<dialed> const& which)
{
    which->pause.expires_after(*which->wanted.reconnect);
    which->pause.async_wait([this, which](error_code error) {
        if (!error && which->is_wanted)
            dial(which);
    });
}

void dialed_clients::has_left(coqmp::monitor_client const& client)
{
    for (auto const& each : clients_)
        if (each->address() == client.server && each->wanted.reconnect)
            redial_later(each);
}

void dialed_clients::stop(dialed& which)
{
    which.is_wanted = false;
    which.pause.cancel();
    which.stop.emit(asio::cancellation_type::terminal);
}

}  // namespace qmp_proxy
