// The session of a proxy: where the clients' commands go, and where the events come from.
#ifndef COQMP_SRC_PROXY_UPSTREAM_HPP
#define COQMP_SRC_PROXY_UPSTREAM_HPP

#include "events/event_observer.hpp"
#include "proxy/command_gate.hpp"
#include "session/session_impl.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/session_end.hpp>

#include <memory>

namespace coqmp::proxy {

class upstream;

/// What an upstream reports to the proxy, on the session's executor.
class upstream_owner
{
public:
    upstream_owner(upstream_owner const&) = delete;
    upstream_owner& operator=(upstream_owner const&) = delete;

    virtual void happened(event const& what) = 0;
    /// The same for an event that can be passed on as it is.
    virtual void happened(protocol::plain_event const& what) = 0;
    virtual void upstream_ended(upstream const& which, session_end const& how) = 0;

protected:
    upstream_owner() = default;
    ~upstream_owner() = default;
};

/// Destroying it leaves the session as it is, and reports nothing more.
class upstream final : public detail::event_observer, public std::enable_shared_from_this<upstream>
{
public:
    /// @param gate none: commands go to the session directly
    upstream(std::weak_ptr<upstream_owner> owner, std::shared_ptr<detail::session_impl> session,
             std::shared_ptr<command_gate> gate) noexcept
        : owner_(std::move(owner)), session_(std::move(session)), gate_(std::move(gate))
    {}

    /// Begins to report.
    void start();

    /// What clients are greeted with: QEMU's own greeting, without `oob` if the session has not negotiated it.
    [[nodiscard]] coqmp::greeting greeting() const;

    /// Executes a command. @param receiver none: the reply does not matter
    void execute(command&& what, std::unique_ptr<detail::reply_receiver> receiver);

private:
    void observe(event const& happened) override;
    void observe_text(protocol::plain_event const& happened) override;

    std::weak_ptr<upstream_owner> const owner_;
    std::shared_ptr<detail::session_impl> const session_;
    std::shared_ptr<command_gate> const gate_;
};

}  // namespace coqmp::proxy

#endif
