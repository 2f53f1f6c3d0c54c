#include "listener/remote_listener.hpp"

#include "listener/listener_impl.hpp"

#include <boost/asio/error.hpp>

namespace coqmp::detail {

// The functions that are posted hold a weak pointer, so that the listener is destroyed on its own executor.

bool remote_listener::accept(accept_pointer const& accept) const
{
    return arrivals_->add(accept, [this] {
        return home_->post([weak = impl_, arrivals = arrivals_] {
            if (auto const listener = weak.lock())
                return listener->arrive();
            for (accept_pointer const& late : arrivals->take())
                late->fail(boost::asio::error::operation_aborted);
        });
    });
}

void remote_listener::cancel(accept_pointer const& accept) const
{
    home_->post(accept->cancel_memory, [weak = impl_, accept] {
        if (auto const listener = weak.lock())
            listener->end_accept(accept);
    });
}

void remote_listener::reconsider() const
{
    home_->post([weak = impl_] {
        if (auto const listener = weak.lock())
            listener->decide();
    });
}

}  // namespace coqmp::detail
