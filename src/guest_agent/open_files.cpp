#include "guest_agent/open_files.hpp"

#include "detail/outcome.hpp"

#include <coqmp/error.hpp>

#include <utility>

namespace coqmp::detail {

using boost::system::error_code;

void open_files::open(command_pointer const& what)
{
    what->on_end = [this](bool is_abandoned, error_code error, reply const& answer) {
        if (error || answer.has_error() || !answer.value().is_int64())
            return;
        std::int64_t const handle = answer.value().get_int64();
        if (is_abandoned || line_.is_closed())
            submit_close(handle);
        else
            handles_.insert(handle);
    };
    line_.submit(what);
}

void open_files::close(command_pointer const& what, std::int64_t handle)
{
    if (handles_.erase(handle) == 0)  // close_all() was faster
        return what->complete(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    what->is_cleanup = true;
    what->on_end = unless_sent(handle);
    line_.submit(what);
}

void open_files::release(std::int64_t handle)
{
    if (handles_.erase(handle) != 0)
        submit_close(handle);
}

void open_files::close_all()
{
    for (std::int64_t const handle : std::exchange(handles_, {}))
        submit_close(handle);
}

void open_files::submit_close(std::int64_t handle)
{
    line_.submit_cleanup(command("guest-file-close").with("handle", handle), unless_sent(handle), false);
}

/// A file whose closing was not even sent, because the agent did not answer, is still open: close_all() tries again.
agent_command::end_function open_files::unless_sent(std::int64_t handle)
{
    return [this, handle](bool, error_code error, reply const&) {
        if (error == errc::not_sent && !line_.is_closed())
            handles_.insert(handle);
    };
}

}  // namespace coqmp::detail
