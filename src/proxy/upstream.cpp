#include "proxy/upstream.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <utility>

namespace coqmp::proxy {

namespace {

class unwanted_reply final : public detail::reply_receiver
{
    [[nodiscard]] bool takes_text() const noexcept override { return true; }
    void completed(boost::system::error_code, reply&&) override {}
};

}  // namespace

void upstream::start()
{
    session_->serve_proxy(weak_from_this());
    auto ended = [self = weak_from_this()](boost::system::error_code, session_end const& how) {
        auto const alive = self.lock();
        auto const owner = alive ? alive->owner_.lock() : nullptr;
        if (owner)
            owner->upstream_ended(*alive, how);
    };
    detail::session_impl::end_handler handler(std::move(ended), session_->executor());
    session_->wait_closed(std::make_shared<detail::session_impl::end_handler>(std::move(handler)));
}

greeting upstream::greeting() const
{
    auto const* const negotiated = session_->negotiated();
    coqmp::greeting result = negotiated->greeting();
    if (!negotiated->out_of_band())
        std::erase(result.capabilities, "oob");
    return result;
}

// The client decides how long it waits.
void upstream::execute(command&& what, std::unique_ptr<detail::reply_receiver> receiver)
{
    what.timeout(std::chrono::nanoseconds::zero());
    if (!receiver)
        receiver = std::make_unique<unwanted_reply>();
    if (gate_)
        return gate_->pass(session_, std::move(what), std::move(receiver));
    auto pending = detail::make_pending(std::move(what));
    pending->receiver = std::move(receiver);
    session_->execute(std::move(pending));
}

void upstream::observe_text(protocol::plain_event const& happened)
{
    if (auto const owner = owner_.lock())
        owner->happened(happened);
}

void upstream::observe(event const& happened)
{
    if (auto const owner = owner_.lock())
        owner->happened(happened);
}

}  // namespace coqmp::proxy
