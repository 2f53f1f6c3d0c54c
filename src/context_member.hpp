// Handlers that wait in our own lists must die with the execution context, as those in Asio's queues do.
// Invariant: after the context has shut its services down, no member holds a handler.
#ifndef COQMP_SRC_CONTEXT_MEMBER_HPP
#define COQMP_SRC_CONTEXT_MEMBER_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list_hook.hpp>

namespace coqmp::detail {

class context_members;

/// Base of the state behind a handle. A handler often owns the coroutine that owns the handle that owns the state: a circle,
/// which only the end of the context can break when nobody else does.
class context_member : public boost::intrusive::list_base_hook<>
{
public:
    context_member(context_member const&) = delete;
    context_member& operator=(context_member const&) = delete;

    /// Destroys (does not call) all waiting handlers. Called once, by the thread that destroys the context.
    virtual void abandon_handlers() noexcept = 0;

protected:
    explicit context_member(boost::asio::any_io_executor const& executor);
    ~context_member();

private:
    friend class context_members;
    context_members* members_;
};

}  // namespace coqmp::detail

#endif
