// Gets the reply to a command instead of a handler: at once, so that the order of replies and events is kept.
#ifndef COQMP_SRC_SESSION_REPLY_RECEIVER_HPP
#define COQMP_SRC_SESSION_REPLY_RECEIVER_HPP

#include <coqmp/reply.hpp>

#include <boost/system/error_code.hpp>

#include <string_view>

namespace coqmp::detail {

/// Called on the session's executor: for an answer, in the middle of the session's work, where it may start commands but must
/// not run the user's code; for an error, where the handlers run.
class reply_receiver
{
public:
    reply_receiver(reply_receiver const&) = delete;
    reply_receiver& operator=(reply_receiver const&) = delete;

    /// Called once. @param error none: there is an answer
    virtual void completed(boost::system::error_code error, reply&& answer) = 0;

    /// Whether it takes a value as text, which saves building a tree.
    [[nodiscard]] virtual bool takes_text() const noexcept { return false; }
    /// Called instead of completed() if it does. @param value JSON in ASCII on one line, as QEMU has written it
    virtual void completed_as_text(std::string_view /*value*/) {}

    virtual ~reply_receiver() = default;

protected:
    reply_receiver() = default;
};

}  // namespace coqmp::detail

#endif
