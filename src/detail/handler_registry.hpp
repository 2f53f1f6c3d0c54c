// The handlers in our own lists must be destroyed with the execution context, as those in Asio's queues are.
// Invariant: after the context has shut its services down, no member holds a handler, an I/O object or an executor of the
// context, and no member touches the context's services.
#ifndef COQMP_SRC_DETAIL_HANDLER_REGISTRY_HPP
#define COQMP_SRC_DETAIL_HANDLER_REGISTRY_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list_hook.hpp>

namespace coqmp::detail {

class handler_registry;

/// Base of the state behind a handle. A handler often owns the coroutine that owns the handle that owns the state. The end of
/// the context breaks this cycle if nothing else does. A handle may outlive the context; its state then does nothing.
class handler_registration : public boost::intrusive::list_base_hook<>
{
public:
    handler_registration(handler_registration const&) = delete;
    handler_registration& operator=(handler_registration const&) = delete;

    /// Where the work runs. Empty once the context is gone, because nothing can run then.
    [[nodiscard]] boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

    /// Destroys (does not call) all waiting handlers, and destroys all that belongs to the context: sockets, timers, further
    /// copies of the executor (a strand's last copy uses the context, too). Called once, by the thread that destroys the context,
    /// while the context's services can still be used; executor() is empty already. The object itself may outlive the context.
    virtual void destroy_handlers() noexcept = 0;

protected:
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    explicit handler_registration(boost::asio::any_io_executor executor);
    ~handler_registration();

private:
    friend class handler_registry;
    boost::asio::any_io_executor executor_;
    handler_registry* members_;  ///< none once the context is gone
};

}  // namespace coqmp::detail

#endif
