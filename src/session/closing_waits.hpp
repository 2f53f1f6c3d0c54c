// The operations that wait for the end of a session.
// Invariant: once an operation waits here its completion needs no memory, unless its handler runs on another executor.
#ifndef COQMP_SRC_SESSION_CLOSING_WAITS_HPP
#define COQMP_SRC_SESSION_CLOSING_WAITS_HPP

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/session_end.hpp>

#include <boost/system/error_code.hpp>

#include <list>
#include <memory>
#include <optional>

namespace coqmp::detail {

/// Completes them in dispatch() only. Used on the session's executor only.
class closing_waits
{
public:
    using plain_handler = pending_handler<void(boost::system::error_code)>;
    using end_handler = pending_handler<void(boost::system::error_code, session_end)>;

    // The operations.
    void wait_closed(std::shared_ptr<end_handler> waiting);
    void close(std::shared_ptr<plain_handler> waiting) { closing_.push_back(std::move(waiting)); }

    /// The session has ended.
    void end(boost::system::error_code reason) noexcept { end_.emplace(reason); }

    /// How the session has ended; nothing before that.
    [[nodiscard]] std::optional<session_end> const& ended() const noexcept { return end_; }

    /// Whether an operation is to be completed.
    [[nodiscard]] bool has_finished() const noexcept
    {
        return (end_ && !waiting_.empty()) || !closing_.empty() || !closed_.empty();
    }

    /// @param is_idle whether all other operations have completed, so that those that close the session may
    void dispatch(bool is_idle);

    /// Destroys all handlers: the execution context is gone.
    void destroy_handlers() noexcept;

private:
    std::list<std::shared_ptr<end_handler>> waiting_;
    std::list<std::shared_ptr<plain_handler>> closing_;
    std::list<std::shared_ptr<plain_handler>> closed_;  // complete one turn later: after what was posted until now
    std::optional<session_end> end_;
};

}  // namespace coqmp::detail

#endif
