#include "supervisor/client_relay.hpp"

#include "detail/deadline_after.hpp"
#include "detail/outcome.hpp"
#include "session/session_impl.hpp"

#include <coqmp/error.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

client_effect effect_named(std::string_view verb) noexcept
{
    if (verb == "stop")
        return client_effect::stop;
    if (verb == "cont")
        return client_effect::cont;
    return verb == "quit" ? client_effect::quit : client_effect::none;
}

error_code not_sent() noexcept
{
    return with_outcome(errc::disconnected, outcome::not_sent);
}

/// A client of a proxy must not mistake a command that was refused here for the end of the connection.
void hand_over(session_impl const& session, reply_receiver& receiver, error_code error, reply const& answer)
{
    if (error != errc::not_sent || session.ended())
        return receiver.completed(error, reply(answer));
    receiver.completed({}, reply(command_error{"GenericError",
                                               "The command was not sent to QEMU, because it cannot be recorded at the moment"}));
}

}  // namespace

client_effect effect_of(command const& request)
{
    if (request.name() != "human-monitor-command")
        return effect_named(request.name());
    constexpr std::string_view space = " \t\n\v\f\r";
    auto const* const line = request.arguments().if_contains("command-line");
    auto const* const text = line != nullptr ? line->if_string() : nullptr;
    std::string_view verb = text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
    verb.remove_prefix(std::min(verb.find_first_not_of(space), verb.size()));
    verb = verb.substr(0, verb.find_first_of(space));
    if (verb == "s" || verb == "c" || verb == "q")
        return verb == "s" ? client_effect::stop : verb == "c" ? client_effect::cont : client_effect::quit;
    return effect_named(verb);
}

client_relay::client_relay(asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, machine_lifecycle& rules,
                           std::shared_ptr<step_queue> steps, std::function<void(machine_actions&&)> perform)
    : executor_(std::move(executor)),
      home_(std::move(home)),
      rules_(&rules),
      steps_(std::move(steps)),
      perform_(std::move(perform)),
      clock_(&time_source_of(executor_))
{}

void client_relay::execute(session_pointer const& session, command&& request, reply_handler&& handler)
{
    if (!session || rules_ == nullptr)
        return handler.post(not_sent(), reply::unanswered(false));
    auto const effect = effect_of(request);
    if (effect == client_effect::none && (request.is_out_of_band() || unsent_.empty()))
        return start_execute(session, std::move(handler), std::move(request));
    execute(session, std::move(request), std::move(handler), effect);
}

void client_relay::pass(session_pointer const& session, command&& what, std::unique_ptr<reply_receiver> receiver)
{
    auto const effect = effect_of(what);
    bool const is_in_turn = effect == client_effect::none && (what.is_out_of_band() || unsent_.empty());
    if (rules_ != nullptr && is_in_turn) {
        auto pending = make_pending(std::move(what));
        pending->receiver = std::move(receiver);
        return session->execute(std::move(pending));
    }
    std::shared_ptr<reply_receiver> const client = std::move(receiver);
    auto done = [session, client](error_code error, reply const& answer) { hand_over(*session, *client, error, answer); };
    reply_handler handler(asio::bind_executor(session->executor(), std::move(done)), session->executor());
    if (rules_ == nullptr)
        return handler.post(not_sent(), reply::unanswered(false));
    execute(session, std::move(what), std::move(handler), effect);
}

// A client's `stop` reaches the rules, and what they want to be stored reaches the disk, before it reaches QEMU.
void client_relay::execute(session_pointer const& session, command&& request, reply_handler&& handler, client_effect effect)
{
    if (effect == client_effect::quit)
        return quit(session, std::move(request), std::move(handler));
    if (effect == client_effect::stop)
        perform_(rules_->client(client_step::stop_sent, clock_->now()));
    try {
        queue(session, std::move(request), std::move(handler), effect);
    } catch (std::bad_alloc const&) {
        withdrawn(effect);
        throw;
    }
}

// The client's command comes first, after the wish and before our own steps to end QEMU, so that it gets its answer.
void client_relay::quit(session_pointer const& session, command&& request, reply_handler&& handler)
{
    auto before = rules_->stop(clock_->now());
    auto const ends = [](machine_action const& each) { return std::holds_alternative<actions::shut_down>(each); };
    auto const first = std::ranges::find_if(before, ends);
    machine_actions later(std::make_move_iterator(first), std::make_move_iterator(before.end()));
    before.erase(first, before.end());
    perform_(std::move(before));
    queue(session, std::move(request), std::move(handler), client_effect::quit);
    perform_(std::move(later));
}

void client_relay::queue(session_pointer const& session, command&& request, reply_handler&& handler, client_effect effect)
{
    auto const client = std::make_shared<unsent_command>(std::move(handler));
    if (auto slot = client->slot(); slot.is_connected())
        slot.assign([home = home_, weak = weak_from_this(), waiting = std::weak_ptr(client)](asio::cancellation_type) {
            home->post([weak, waiting] {
                auto const self = weak.lock();
                auto const still = waiting.lock();
                if (self && still)
                    self->give_up(still, asio::error::operation_aborted);
            });
        });
    auto const timeout = request.timeout().value_or(0ns);
    auto const what = std::make_shared<command>(std::move(request));  // it may carry a descriptor, and steps are copied
    steps_->push([this, session, what, client, effect] { submit(session, std::move(*what), client, effect); });
    unsent_.push_back(client);  // if this throws, the step does nothing
    if (timeout > 0ns)
        arm(client, timeout);
    steps_->run();
}

void client_relay::arm(client_pointer const& client, std::chrono::nanoseconds timeout) noexcept
try {
    auto const end = deadline_after(timeout, clock_->now());
    client->deadline.emplace(executor_);
    clock_->expire_at(*client->deadline, end);
    client->deadline->async_wait([weak = weak_from_this(), waiting = std::weak_ptr(client), end](error_code) {
        auto const self = weak.lock();
        auto const still = waiting.lock();
        if (self && still && self->clock_->now() >= end)
            self->give_up(still, with_outcome(errc::timed_out, outcome::not_sent));
    });
} catch (std::bad_alloc const&) {
    // The disk's answer ends the wait, too.
}

/// @return false: it does not wait any more
bool client_relay::take(client_pointer const& client) noexcept
{
    if (client->deadline)
        clock_->forget(*client->deadline);
    client->deadline.reset();
    return unsent_.remove(client) != 0;
}

void client_relay::give_up(client_pointer const& client, error_code why) noexcept
{
    if (take(client))
        client->complete_later(why, reply::unanswered(false));
}

void client_relay::submit(session_pointer const& session, command&& request, client_pointer const& client, client_effect effect)
{
    if (!take(client))
        return withdrawn(effect);                            // it was cancelled
    if (effect == client_effect::stop && steps_->error()) {  // the next supervisor would not know of it
        withdrawn(effect);
        return client->complete_later(not_sent(), reply::unanswered(false));
    }
    auto done = [weak = weak_from_this(), client, effect](error_code error, reply const& answer) {
        if (auto const self = weak.lock())
            self->answered(effect, !error && answer.has_value());
        client->complete(error, answer);
    };
    try {
        auto bound = asio::bind_executor(executor_, asio::bind_cancellation_slot(client->slot(), std::move(done)));
        start_execute(session, {std::move(bound), executor_}, std::move(request));
    } catch (std::bad_alloc const&) {  // it was not sent; it may be so large that there never will be the memory for it
        client->complete_later(with_outcome(errc::out_of_memory, outcome::not_sent), reply::unanswered(false));
        withdrawn(effect);
    }
}

/// A client's command is not sent.
void client_relay::withdrawn(client_effect effect)
{
    if (rules_ != nullptr && effect == client_effect::stop)
        perform_(rules_->client(client_step::stop_withdrawn, clock_->now()));
}

/// A client's command was answered, or will not be.
void client_relay::answered(client_effect effect, bool is_done)
{
    if (rules_ == nullptr)
        return;
    if (effect == client_effect::stop)
        perform_(rules_->client(client_step::stop_done, clock_->now()));
    else if (effect == client_effect::cont && is_done)
        perform_(rules_->client(client_step::cont_done, clock_->now()));
}

void client_relay::abandon(bool runs_handlers) noexcept
{
    rules_ = nullptr;
    while (!unsent_.empty()) {
        client_pointer const each = unsent_.front();
        static_cast<void>(take(each));
        if (runs_handlers)
            each->complete_later(not_sent(), reply::unanswered(false));
        else
            each->drop();
    }
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
