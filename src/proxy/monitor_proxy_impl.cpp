#include "proxy/monitor_proxy_impl.hpp"

#include "detail/guarded_hook.hpp"
#include "protocol/event_time.hpp"
#include "server/monitor_server_impl.hpp"

#include <coqmp/error.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_gap.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::proxy::client_id;
using coqmp::proxy::proxied_command;

namespace coqmp::detail {

namespace {

/// More than a client can ever have unanswered: the dialogue stops reading from it earlier.
constexpr std::size_t most_commands_of_a_client = 16;

using steady = std::chrono::steady_clock;

}  // namespace

monitor_proxy_impl::monitor_proxy_impl(asio::any_io_executor executor, monitor_proxy_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      home_(std::make_shared<revocable_executor>(this->executor()))
{}

// ---- Beginning and end -----------------------------------------------------------------------------------------------------

void monitor_proxy_impl::start()
{
    auto const hook = [self = weak_from_this()](auto member) {
        return [self, member](auto&& argument) {
            if (auto const alive = self.lock())
                ((*alive).*member)(std::forward<decltype(argument)>(argument));
        };
    };
    monitor_server_options options;
    options.most_clients = options_.most_clients;
    options.max_message_size = options_.max_message_size;
    options.event_bytes = options_.event_bytes;
    options.in_band_at_once = most_commands_of_a_client;
    options.name = options_.name;
    options.log = options_.log;
    options.on_connected = hook(&monitor_proxy_impl::client_connected);
    options.on_disconnected = hook(&monitor_proxy_impl::client_left);
    server_.emplace(executor(), std::move(options));
    server_->handle_others(monitor_server::callback(hook(&monitor_proxy_impl::received)));
    server_->accept_clients(false);
}

void monitor_proxy_impl::close() noexcept
{
    if (!executor() || close_requested_.exchange(true))
        return;
    server_->close();
    // After the server's end, which may have to wait behind answers: see monitor_server_impl::close().
    if (home_->is_running())
        end();
    else
        home_->post(close_memory_, [self = shared_from_this()] { self->end(); });
}

void monitor_proxy_impl::end()
{
    is_closed_ = true;
    forwarder_.disconnect();
    clients_.clear();
    parked_.clear();
    end_drain(make_error_code(errc::disconnected));
}

void monitor_proxy_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    is_closed_ = true;
    home_->revoke();
    forwarder_.disconnect();
    drains_.clear();
}

// ---- The session -----------------------------------------------------------------------------------------------------------

void monitor_proxy_impl::use(std::shared_ptr<session_impl> session, std::shared_ptr<proxy::command_gate> gate)
{
    if (is_closed())
        return;
    auto const upstream = std::make_shared<proxy::upstream>(weak_from_this(), std::move(session), std::move(gate));
    upstream->start();
    server_->greet_with(upstream->greeting());
    server_->accept_clients(!is_draining_);
    if (gap_)
        server_->publish(*std::exchange(gap_, std::nullopt));
    forwarder_.connect(upstream);
}

void monitor_proxy_impl::happened(event const& what)
{
    server_->publish(what);
}

void monitor_proxy_impl::happened(protocol::plain_event const& what)
{
    event seen;  // what the choices of clients look at
    seen.name = what.name;
    seen.timestamp = protocol::event_time(what.seconds, what.microseconds);
    impl_of(*server_)->publish_in_turn(seen, what.text);
}

void monitor_proxy_impl::upstream_ended(proxy::upstream const& which, session_end const& how)
{
    if (forwarder_.is_connected_to(which))
        connection_lost(how.reason);
}

/// Commands on the wire may report the loss before the session reports its end; each gets an answer of its own.
void monitor_proxy_impl::connection_lost(error_code why)
{
    if (!forwarder_.is_connected())
        return;
    forwarder_.disconnect();
    server_->accept_clients(false);
    if (options_.hold) {
        forwarder_.refuse_queued();  // they were meant for the QEMU that is gone
        gap_.emplace();
        gap_->name = event_gap_name;
        gap_->data["reason"] = why.message();
        gap_->timestamp = std::chrono::system_clock::now();
        return;
    }
    // They leave at once, or, if the executor is a strand, later.
    for (std::uint64_t const number : client_numbers())
        server_->disconnect(number);
}

// ---- Clients ---------------------------------------------------------------------------------------------------------------

monitor_proxy_impl::policy_pointer monitor_proxy_impl::policy_of(client_id who) const
{
    auto const found = clients_.find(static_cast<std::uint64_t>(who));
    return found != clients_.end() && !is_closed() ? found->second.policy : nullptr;
}

/// @return null: the client must be disconnected, also if the hook throws
monitor_proxy_impl::policy_pointer monitor_proxy_impl::choose_policy(monitor_client const& who) const
{
    static auto const read_only = std::make_shared<monitor_policy const>(monitor_policy::read_only());
    if (!options_.policy_for)
        return read_only;
    policy_pointer chosen;
    if (is_closed())
        return chosen;
    guarded(*home_, [&] { chosen = options_.policy_for(who); });
    return chosen;
}

void monitor_proxy_impl::client_connected(monitor_client const& who)
{
    auto policy = choose_policy(who);
    if (is_closed())
        return;  // by the hook
    if (!policy)
        return server_->disconnect(who.number);
    clients_.emplace(who.number, client{who, std::move(policy), {}});
    if (!call_hook<monitor_client const&>(*home_, options_.on_connected, who))
        server_->disconnect(who.number);
}

void monitor_proxy_impl::client_left(monitor_client const& who)
{
    auto const found = clients_.find(who.number);
    if (found == clients_.end())
        return;  // it was rejected
    clients_.erase(found);
    call_hook<monitor_client const&>(*home_, options_.on_disconnected, who);
    forwarder_.client_left(client_id{who.number});
    drop_parked(who.number);
}

void monitor_proxy_impl::apply_policies()
{
    forwarder_.forget_answers();
    std::vector<std::uint64_t> rejected;
    for (std::uint64_t const number : client_numbers()) {
        auto const found = clients_.find(number);
        if (found == clients_.end())
            continue;  // a hook has disconnected it
        auto policy = choose_policy(monitor_client(found->second.who));
        auto const same = clients_.find(number);
        if (same == clients_.end())
            continue;
        same->second.policy = std::move(policy);
        if (!same->second.policy)
            rejected.push_back(number);
    }
    for (std::uint64_t const number : rejected)
        server_->disconnect(number);
}

/// A copy, for loops that call hooks: a hook may change the clients.
std::vector<std::uint64_t> monitor_proxy_impl::client_numbers() const
{
    std::vector<std::uint64_t> result;
    for (auto const& [number, each] : clients_)
        result.push_back(number);
    return result;
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void monitor_proxy_impl::received(monitor_request&& request)
{
    auto const found = clients_.find(request.client().number);
    if (found == clients_.end() || !found->second.policy)
        return;
    client& from = found->second;
    proxied_command arrived(std::move(request), from.policy, steady::now());
    if (is_draining_)
        parked_.push_back(std::move(arrived));
    else if (arrived.request.name() == proxy::event_choice::command_name)
        choose_events(from, arrived);
    else
        forwarder_.forward(std::move(arrived));
}

void monitor_proxy_impl::choose_events(client& from, proxied_command& arrived)
{
    auto const error = from.events.execute(arrived.request.arguments());
    if (error) {
        arrived.request.fail(*error);
    } else {
        auto const chosen = [events = from.events](event const& each) { return events.includes(each.name); };
        server_->choose_events(from.who.number, event_filter().matching(chosen));
        arrived.request.answer();
    }
    ended(arrived, error ? &*error : nullptr, false);
}

void monitor_proxy_impl::ended(proxied_command const& which, command_error const* error, bool was_refused)
{
    monitor_audit record = record_of(which);
    record.was_refused = was_refused;
    if (error != nullptr)
        record.error_class = error->class_name;
    audit(record);
}

void monitor_proxy_impl::dropped(proxied_command const& which)
{
    monitor_audit record = record_of(which);
    record.was_dropped = true;
    audit(record);
}

monitor_audit monitor_proxy_impl::record_of(proxied_command const& which) const
{
    monitor_audit result{which.request.client(), which.policy->name(), which.request.name()};
    result.has_left = !clients_.contains(which.request.client().number);
    result.duration = steady::now() - which.arrival;
    return result;
}

void monitor_proxy_impl::audit(monitor_audit const& record)
{
    if (!is_closed())
        call_hook<monitor_audit const&>(*home_, options_.audit, record);
}

// ---- Draining --------------------------------------------------------------------------------------------------------------

void monitor_proxy_impl::drain(std::shared_ptr<drain_handler> const& waiting)
{
    if (!*waiting)
        return;  // cancelled on its way here
    drains_.push_back(waiting);
    is_draining_ = true;
    server_->accept_clients(false);
    if (is_closed_)
        end_drain(make_error_code(errc::disconnected));
    else if (forwarder_.is_idle())
        became_idle();
}

void monitor_proxy_impl::cancel_drain(std::shared_ptr<drain_handler> const& waiting)
{
    if (!*waiting)
        return;
    std::erase(drains_, waiting);
    waiting->post(error_code(asio::error::operation_aborted));
}

void monitor_proxy_impl::became_idle()
{
    if (is_draining_)
        end_drain({});
}

void monitor_proxy_impl::drop_parked(std::uint64_t number)
{
    std::vector<proxied_command> leaving;
    std::vector<proxied_command> staying;
    for (proxied_command& each : parked_)
        (each.request.client().number == number ? leaving : staying).push_back(std::move(each));
    parked_ = std::move(staying);
    for (proxied_command const& each : leaving)
        dropped(each);
}

void monitor_proxy_impl::end_drain(error_code error)
{
    for (auto const& each : std::exchange(drains_, {}))
        each->post(error);
}

}  // namespace coqmp::detail
