// Gets the reply to a command in the place of a handler: at once, so that the order of replies and events is kept.
#ifndef COQMP_SRC_SESSION_REPLY_RECEIVER_HPP
#define COQMP_SRC_SESSION_REPLY_RECEIVER_HPP

#include <coqmp/reply.hpp>

#include <boost/system/error_code.hpp>

namespace coqmp::detail {

/// Called on the session's executor: for an answer, in the middle of the session's work, so that it may start commands but must not run
/// foreign code; for an error, where the handlers run.
class reply_receiver
{
public:
    reply_receiver(reply_receiver const&) = delete;
    reply_receiver& operator=(reply_receiver const&) = delete;

    /// Called once. @param error none: there is an answer
    virtual void completed(boost::system::error_code error, reply&& answer) = 0;

protected:
    reply_receiver() = default;
    ~reply_receiver() = default;
};

}  // namespace coqmp::detail

#endif
