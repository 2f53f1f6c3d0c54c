#include "proxy/monitor_proxy_impl.hpp"

#include "detail/post_reserved.hpp"

#include <coqmp/event_filter.hpp>
#include <coqmp/event_gap.hpp>

#include <boost/asio/error.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using coqmp::proxy::client_id;
using coqmp::proxy::descriptor_use;
using coqmp::proxy::proxied_command;

namespace coqmp::detail {

namespace {

/// More than a client can have read and unanswered: the dialogue stops reading before.
constexpr std::size_t most_commands_of_a_client = 16;

/// A command that QEMU is executing.
class sent_command final : public reply_receiver
{
public:
    sent_command(std::shared_ptr<monitor_proxy_impl> proxy, proxied_command&& command) noexcept
        : proxy_(std::move(proxy)), command_(std::move(command))
    {}

private:
    void completed(error_code error, reply&& answer) override
    {
        std::exchange(proxy_, nullptr)->completed(std::move(command_), error, std::move(answer));
    }

    std::shared_ptr<monitor_proxy_impl> proxy_;
    proxied_command command_;
};

using steady = std::chrono::steady_clock;

command_error not_connected()
{
    return {"GenericError", "There is no connection to QEMU"};
}

command_error lost_command(error_code error)
{
    bool const is_unknown = error == errc::outcome_unknown;
    return {"GenericError", is_unknown ? "The connection to QEMU has ended: whether the command was executed is unknown"
                                       : "The command was not sent to QEMU: " + error.message()};
}

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
    dispatch_reserved(executor(), close_memory_, [self = shared_from_this()] { self->end(); });
}

void monitor_proxy_impl::end()
{
    is_closed_ = true;
    upstream_.reset();
    clients_.clear();
    parked_.clear();
    end_drain(make_error_code(errc::disconnected));
}

void monitor_proxy_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    is_closed_ = true;
    home_->revoke();
    upstream_.reset();
    drains_.clear();
}

// ---- The session -----------------------------------------------------------------------------------------------------------

void monitor_proxy_impl::use(std::shared_ptr<session_impl> session)
{
    if (is_closed_)
        return;
    upstream_ = std::make_shared<proxy::upstream>(weak_from_this(), std::move(session));
    upstream_->start();
    ++connection_;
    answers_.clear();
    descriptors_.forget();
    server_->greet_with(upstream_->greeting());
    server_->accept_clients(!is_draining_);
    if (gap_)
        server_->publish(*std::exchange(gap_, std::nullopt));
    send_queued();
}

void monitor_proxy_impl::happened(event const& what)
{
    server_->publish(what);
}

void monitor_proxy_impl::upstream_ended(proxy::upstream const& which, session_end const& how)
{
    if (upstream_.get() == &which)
        lose_upstream(how.reason);
}

/// Commands that were sent learn it first, each by its own reply.
void monitor_proxy_impl::lose_upstream(error_code why)
{
    if (!upstream_)
        return;
    upstream_.reset();
    server_->accept_clients(false);
    if (options_.hold) {
        // They were meant for the QEMU that is gone.
        for (proxied_command& each : queue_.take_queued())
            refuse(each, not_connected(), false);
        gap_.emplace();
        gap_->name = event_gap_name;
        gap_->data["reason"] = why.message();
        gap_->timestamp = std::chrono::system_clock::now();
        return;
    }
    while (!clients_.empty())
        server_->disconnect(clients_.begin()->first);
}

// ---- Clients ---------------------------------------------------------------------------------------------------------------

monitor_proxy_impl::policy_pointer monitor_proxy_impl::policy_of(monitor_client const& who) const
{
    static auto const read_only = std::make_shared<monitor_policy const>(monitor_policy::read_only());
    return options_.policy_for ? options_.policy_for(who) : read_only;
}

void monitor_proxy_impl::client_connected(monitor_client const& who)
{
    auto policy = policy_of(who);
    if (!policy)
        return server_->disconnect(who.number);
    clients_.emplace(who.number, client{who, std::move(policy), {}, false});
    if (options_.on_connected)
        options_.on_connected(who);
}

void monitor_proxy_impl::client_left(monitor_client const& who)
{
    auto const found = clients_.find(who.number);
    if (found == clients_.end())
        return;  // it was turned away
    clients_.erase(found);
    std::erase_if(answers_, [](auto const& each) { return each.first.use_count() == 1; });  // no client has this policy any more
    queue_.leave(client_id{who.number});
    give_back(descriptors_.leave(client_id{who.number}));
    if (options_.on_disconnected)
        options_.on_disconnected(who);
    send_queued();
    end_drain_if_idle();
}

void monitor_proxy_impl::give_back(std::vector<command> removals)
{
    for (command& each : removals)
        if (upstream_)
            upstream_->execute(std::move(each), nullptr);
}

void monitor_proxy_impl::apply_policies()
{
    answers_.clear();
    std::vector<std::uint64_t> turned_away;
    for (auto& [number, each] : clients_) {
        each.policy = policy_of(each.who);
        if (!each.policy)
            turned_away.push_back(number);
    }
    for (std::uint64_t const number : turned_away)
        server_->disconnect(number);
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void monitor_proxy_impl::received(monitor_request&& request)
{
    auto const found = clients_.find(request.client().number);
    if (found == clients_.end())
        return;
    if (is_draining_) {
        parked_.push_back(std::move(request));
        return;
    }
    client& from = found->second;
    proxied_command arrived(std::move(request), from.policy, steady::now());
    if (answer_here(from, arrived))
        return;
    if (!upstream_)
        return refuse(arrived, not_connected(), false);
    if (arrived.request.is_out_of_band())
        return send(std::move(arrived));
    queue(from, std::move(arrived));
    send_queued();
}

bool monitor_proxy_impl::answer_here(client& from, proxied_command& arrived)
{
    std::string const& name = arrived.request.name();
    if (name == proxy::event_choice::command_name) {
        choose_events(from, arrived);
        return true;
    }
    if (auto const error = arrived.policy->refusal(name, arrived.request.arguments())) {
        refuse(arrived, *error, true);
        return true;
    }
    if (!proxy::answer_cache::is_constant(name, arrived.request.arguments()))
        return false;
    std::string_view const known = answers_for(arrived.policy).find(name, arrived.request.arguments());
    if (known.empty())
        return false;
    arrived.request.answer_text(known);
    report(arrived, nullptr, false);
    return true;
}

void monitor_proxy_impl::choose_events(client& from, proxied_command& arrived)
{
    if (auto const error = from.events.execute(arrived.request.arguments()))
        return refuse(arrived, *error, false);
    auto const chosen = [events = from.events](event const& each) { return events.includes(each.name); };
    server_->choose_events(from.who.number, event_filter().matching(chosen));
    arrived.request.answer();
    report(arrived, nullptr, false);
}

proxy::answer_cache& monitor_proxy_impl::answers_for(policy_pointer const& policy)
{
    return answers_.try_emplace(policy, *policy).first->second;
}

void monitor_proxy_impl::queue(client& from, proxied_command&& arrived)
{
    client_id const who = arrived.client();
    if (!std::exchange(from.shares_turns, true))
        queue_.join(who);
    static_cast<void>(queue_.push(who, std::move(arrived)));  // there is room: see most_commands_of_a_client
}

void monitor_proxy_impl::send_queued()
{
    if (std::exchange(is_sending_, true))
        return;
    while (upstream_) {
        auto next = queue_.pop();
        if (!next)
            break;
        send(std::move(next->item));
    }
    is_sending_ = false;
}

void monitor_proxy_impl::send(proxied_command&& next)
{
    auto admission = descriptors_.admit(next.client(), next.request.name(), next.request.arguments());
    if (auto const* const error = std::get_if<command_error>(&admission)) {
        finish(next);
        return refuse(next, *error, false);
    }
    next.use = std::get<descriptor_use>(std::move(admission));
    next.connection = connection_;
    next.asks_for_constant = proxy::answer_cache::is_constant(next.request.name(), next.request.arguments());
    command what(next.request.name(), std::move(next.request.arguments()));
    if (proxy::manages_descriptors(next.request.name()))
        for (descriptor& carried : next.request.take_descriptors())
            what.with_descriptor(std::move(carried));
    if (next.request.is_out_of_band())
        what.out_of_band();
    ++in_flight_;
    upstream_->execute(std::move(what), std::make_shared<sent_command>(shared_from_this(), std::move(next)));
}

void monitor_proxy_impl::completed(proxied_command&& which, error_code error, reply&& answer)
{
    --in_flight_;
    finish(which);
    if (error && error == errc::disconnected)
        lose_upstream(error);
    json::value const* const value = !error && answer.has_value() ? &answer.value() : nullptr;
    if (which.connection == connection_)
        give_back(descriptors_.answered(which.client(), which.use, value));
    if (error)
        refuse(which, lost_command(error), false);
    else
        this->answer(which, std::move(answer));
    send_queued();
    end_drain_if_idle();
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
    else
        end_drain_if_idle();
}

void monitor_proxy_impl::cancel_drain(std::shared_ptr<drain_handler> const& waiting)
{
    if (!*waiting)
        return;
    std::erase(drains_, waiting);
    waiting->post(error_code(asio::error::operation_aborted));
}

void monitor_proxy_impl::end_drain_if_idle()
{
    if (is_draining_ && in_flight_ == 0 && queue_.is_idle())
        end_drain({});
}

void monitor_proxy_impl::end_drain(error_code error)
{
    for (auto const& each : std::exchange(drains_, {}))
        each->post(error);
}

// ---- Answers ---------------------------------------------------------------------------------------------------------------

void monitor_proxy_impl::finish(proxied_command const& which) noexcept
{
    if (!which.request.is_out_of_band())
        queue_.answered(which.client());
}

void monitor_proxy_impl::answer(proxied_command& which, reply&& answer)
{
    if (answer.has_error())
        return refuse(which, answer.error(), false);
    std::string const& name = which.request.name();
    if (which.asks_for_constant && which.connection == connection_)
        which.request.answer_text(answers_for(which.policy).store(name, answer.value()));
    else
        which.request.answer(answer.value());
    report(which, nullptr, false);
}

void monitor_proxy_impl::refuse(proxied_command& which, command_error const& error, bool by_policy)
{
    which.request.fail(error);
    report(which, &error, by_policy);
}

void monitor_proxy_impl::report(proxied_command const& which, command_error const* error, bool was_refused) const
{
    if (!options_.audit)
        return;
    bool const has_left = !clients_.contains(which.request.client().number);
    std::string_view const error_class = error != nullptr ? std::string_view(error->class_name) : std::string_view();
    monitor_audit const record{
        which.request.client(),       which.policy->name(), which.request.name(), was_refused, has_left, error_class,
        steady::now() - which.arrival};
    options_.audit(record);
}

}  // namespace coqmp::detail
