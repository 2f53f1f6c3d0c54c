// The commands of a proxy's clients on their way to QEMU, and the answers on their way back.
// Invariant: the end of every command is reported exactly once, and every command is answered exactly once, unless it is queued when its
// client leaves: it is then dropped.
#ifndef COQMP_SRC_PROXY_FORWARDER_HPP
#define COQMP_SRC_PROXY_FORWARDER_HPP

#include "proxy/answer_cache.hpp"
#include "proxy/client_descriptors.hpp"
#include "proxy/fair_queue.hpp"
#include "proxy/proxied_command.hpp"
#include "proxy/upstream.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/reply.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace coqmp::proxy {

/// What a forwarder reports to the proxy that it is a part of.
class forwarder_owner
{
public:
    forwarder_owner(forwarder_owner const&) = delete;
    forwarder_owner& operator=(forwarder_owner const&) = delete;

    /// A command has been answered. @param error null: with a value @param was_refused by the policy
    virtual void ended(proxied_command const& which, command_error const* error, bool was_refused) = 0;
    /// The client of a queued command has left: QEMU never gets it.
    virtual void dropped(proxied_command const& which) = 0;
    /// No command is queued, and QEMU is executing none.
    virtual void became_idle() = 0;
    /// The failure of a command shows that the connection has ended.
    virtual void connection_lost(boost::system::error_code why) = 0;
    /// The policy that a client has now; none if it has left or is being disconnected.
    [[nodiscard]] virtual std::shared_ptr<monitor_policy const> policy_of(client_id who) const = 0;
    /// Keeps the forwarder alive.
    [[nodiscard]] virtual std::shared_ptr<forwarder_owner> keep_alive() = 0;

protected:
    forwarder_owner() = default;
    ~forwarder_owner() = default;
};

/// Part of its owner, and used on the session's executor only.
class forwarder
{
public:
    explicit forwarder(forwarder_owner& owner) noexcept : owner_(owner) {}
    forwarder(forwarder const&) = delete;
    forwarder& operator=(forwarder const&) = delete;
    ~forwarder();

    /// Commands go to this QEMU from now on.
    void connect(std::shared_ptr<upstream> qemu);
    /// No more commands are sent. Queued commands stay, and the session will complete those that were sent.
    void disconnect() noexcept { upstream_.reset(); }
    [[nodiscard]] bool is_connected() const noexcept { return upstream_ != nullptr; }
    [[nodiscard]] bool is_connected_to(upstream const& which) const noexcept { return upstream_.get() == &which; }

    /// Answers a command, now or when QEMU does.
    void forward(proxied_command&& arrived);
    /// Answers all queued commands with an error.
    void refuse_queued();
    void client_left(client_id who);
    /// What policies allow has changed.
    void forget_answers() noexcept { answers_.clear(); }

    [[nodiscard]] bool is_idle() const noexcept { return in_flight_ == 0 && queue_.is_idle(); }

    // A command that was sent has completed, or has completed with a value that is passed on as it is.
    void completed(proxied_command&& which, boost::system::error_code error, reply&& answer);
    void completed(proxied_command&& which, std::string_view value);

private:
    using policy_pointer = std::shared_ptr<monitor_policy const>;

    /// Answers a command that QEMU need not see. @return false: QEMU must see it
    bool answer_here(proxied_command& arrived);
    void queue(proxied_command&& arrived);
    void send_queued();
    void send(proxied_command&& next);
    [[nodiscard]] std::optional<command_error> refusal_by_now(proxied_command& next) const;
    [[nodiscard]] bool attach_descriptor(proxied_command& next, command& what);
    /// Has QEMU remove descriptors of clients that have left.
    void give_back(std::vector<command> removals);
    void finish(proxied_command const& which) noexcept;
    void go_on();
    void answer(proxied_command& which, reply&& answer);
    void refuse(proxied_command& which, command_error const& error, bool by_policy = false);
    /// The constant answers, as this policy shows them.
    [[nodiscard]] answer_cache& answers_for(policy_pointer const& policy);

    forwarder_owner& owner_;
    std::shared_ptr<upstream> upstream_;
    std::uint64_t connection_ = 0;  ///< How many sessions there have been.
    fair_queue<proxied_command> queue_;
    client_descriptors descriptors_;
    std::map<policy_pointer, answer_cache> answers_;
    std::size_t in_flight_ = 0;
    bool is_sending_ = false;
};

}  // namespace coqmp::proxy

#endif
