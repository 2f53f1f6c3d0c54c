// What a session's transport and deadlines call when a wait of theirs ends.
#ifndef COQMP_SRC_SESSION_TURN_HANDLER_HPP
#define COQMP_SRC_SESSION_TURN_HANDLER_HPP

#include <memory>

namespace coqmp::detail {

/// Called on the session's executor. Each wait keeps it alive.
class turn_handler : public std::enable_shared_from_this<turn_handler>
{
public:
    turn_handler(turn_handler const&) = delete;
    turn_handler& operator=(turn_handler const&) = delete;

    /// There are bytes to read, or the connection has ended, or it was closed here.
    virtual void on_readable() = 0;

    /// Bytes can be written again, or a deadline has passed.
    virtual void on_turn() = 0;

protected:
    turn_handler() = default;
    ~turn_handler() = default;
};

}  // namespace coqmp::detail

#endif
