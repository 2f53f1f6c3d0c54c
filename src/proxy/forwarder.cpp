#include "proxy/forwarder.hpp"

#include "session/reply_receiver.hpp"

#include <coqmp/error.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <variant>

namespace json = boost::json;
using boost::system::error_code;

namespace coqmp::proxy {

namespace {

/// A command that QEMU is executing.
class sent_command final : public detail::reply_receiver
{
public:
    sent_command(std::shared_ptr<forwarder> from, proxied_command&& command) noexcept
        : from_(std::move(from)), command_(std::move(command))
    {}

private:
    void completed(error_code error, reply&& answer) override
    {
        std::exchange(from_, nullptr)->completed(std::move(command_), error, std::move(answer));
    }

    // An answer that the proxy itself looks at must be a value.
    [[nodiscard]] bool takes_text() const noexcept override
    {
        return !command_.asks_for_constant && command_.use.what == descriptor_use::kind::none;
    }

    void completed_as_text(std::string_view value) override
    {
        std::exchange(from_, nullptr)->completed(std::move(command_), value);
    }

    std::shared_ptr<forwarder> from_;
    proxied_command command_;
};

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

forwarder::~forwarder() = default;

void forwarder::connect(std::shared_ptr<upstream> qemu)
{
    upstream_ = std::move(qemu);
    ++connection_;
    answers_.clear();
    descriptors_.forget();
    send_queued();
}

void forwarder::client_left(client_id who)
{
    std::erase_if(answers_, [](auto const& each) { return each.first.use_count() == 1; });  // no client has this policy any more
    std::vector<proxied_command> const queued = queue_.leave(who);
    give_back(descriptors_.leave(who));
    for (proxied_command const& each : queued)
        owner_.dropped(each);
    go_on();
}

void forwarder::give_back(std::vector<command> removals)
{
    for (command& each : removals)
        if (upstream_)
            upstream_->execute(std::move(each), nullptr);
}

// ---- The way to QEMU -------------------------------------------------------------------------------------------------------

void forwarder::forward(proxied_command&& arrived)
{
    if (answer_here(arrived))
        return;
    if (!upstream_)
        return refuse(arrived, not_connected());
    if (arrived.request.is_out_of_band())
        return send(std::move(arrived));
    queue(std::move(arrived));
    send_queued();
}

bool forwarder::answer_here(proxied_command& arrived)
{
    std::string const& name = arrived.request.name();
    json::object const& arguments = arrived.request.arguments();
    if (auto const error = arrived.policy->refusal(name, arguments)) {
        refuse(arrived, *error, true);
        return true;
    }
    // QEMU executes none of them out of band, and says so.
    arrived.asks_for_constant = !arrived.request.is_out_of_band() && answer_cache::is_constant(name, arguments);
    if (!arrived.asks_for_constant)
        return false;
    std::string_view const known = answers_for(arrived.policy).find(name, arguments);
    if (known.empty())
        return false;
    arrived.request.answer_text(known);
    owner_.ended(arrived, nullptr, false);
    return true;
}

answer_cache& forwarder::answers_for(policy_pointer const& policy)
{
    return answers_.try_emplace(policy, *policy).first->second;
}

/// A client takes part in the turns from its first in-band command on.
void forwarder::queue(proxied_command&& arrived)
{
    client_id const who = arrived.client();
    if (queue_.push(who, std::move(arrived)))
        return;
    queue_.join(who);
    static_cast<void>(queue_.push(who, std::move(arrived)));  // NOLINT(bugprone-use-after-move): it was not moved from
}

void forwarder::refuse_queued()
{
    for (proxied_command& each : queue_.take_queued())
        refuse(each, not_connected());
}

void forwarder::send_queued()
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

void forwarder::send(proxied_command&& next)
{
    if (auto const error = refusal_by_now(next)) {
        finish(next);
        return refuse(next, *error, true);
    }
    auto admission = descriptors_.admit(next.client(), next.request.name(), next.request.arguments());
    if (auto const* const error = std::get_if<command_error>(&admission)) {
        finish(next);
        return refuse(next, *error);
    }
    next.use = std::get<descriptor_use>(std::move(admission));
    next.connection = connection_;
    command what(next.request.name(), std::move(next.request.arguments()));
    if (next.use.adds() && !attach_descriptor(next, what))
        return;
    if (next.request.is_out_of_band())
        what.out_of_band();
    ++in_flight_;
    std::shared_ptr<forwarder> self(owner_.keep_alive(), this);
    upstream_->execute(std::move(what), std::make_unique<sent_command>(std::move(self), std::move(next)));
}

/// The client may have had another policy when the command arrived.
std::optional<command_error> forwarder::refusal_by_now(proxied_command& next) const
{
    policy_pointer now = owner_.policy_of(next.client());
    if (!now)
        return command_error{"GenericError", "The client is being disconnected"};
    if (now == next.policy)
        return std::nullopt;
    next.policy = std::move(now);
    return next.policy->refusal(next.request.name(), next.request.arguments());
}

/// QEMU keeps a descriptor that no command takes, and would give it to the next client that sends none.
/// @return false: the command has none, and was refused
bool forwarder::attach_descriptor(proxied_command& next, command& what)
{
    std::vector<descriptor> carried = next.request.take_descriptors();
    if (!carried.empty()) {
        what.with_descriptor(std::move(carried.front()));
        return true;
    }
    give_back(descriptors_.answered(next.client(), next.use, nullptr));
    finish(next);
    refuse(next, {"GenericError", "No file descriptor supplied via SCM_RIGHTS"});
    return false;
}

// ---- The way back ----------------------------------------------------------------------------------------------------------

void forwarder::completed(proxied_command&& which, error_code error, reply&& answer)
{
    --in_flight_;
    finish(which);
    if (error && error == errc::disconnected && which.connection == connection_)
        owner_.connection_lost(error);
    json::value const* const value = !error && answer.has_value() ? &answer.value() : nullptr;
    if (which.connection == connection_)
        give_back(descriptors_.answered(which.client(), which.use, value));
    if (error)
        refuse(which, lost_command(error));
    else
        this->answer(which, std::move(answer));
    go_on();
}

void forwarder::completed(proxied_command&& which, std::string_view value)
{
    --in_flight_;
    finish(which);
    which.request.answer_text(value);
    owner_.ended(which, nullptr, false);
    go_on();
}

void forwarder::finish(proxied_command const& which) noexcept
{
    if (!which.request.is_out_of_band())
        queue_.answered(which.client());
}

void forwarder::go_on()
{
    send_queued();
    if (is_idle())
        owner_.became_idle();
}

void forwarder::answer(proxied_command& which, reply&& answer)
{
    if (answer.has_error())
        return refuse(which, answer.error());
    if (which.asks_for_constant && which.connection == connection_)
        which.request.answer_text(answers_for(which.policy).store(which.request.name(), answer.value()));
    else
        which.request.answer(answer.value());
    owner_.ended(which, nullptr, false);
}

void forwarder::refuse(proxied_command& which, command_error const& error, bool by_policy)
{
    which.request.fail(error);
    owner_.ended(which, &error, by_policy);
}

}  // namespace coqmp::proxy
