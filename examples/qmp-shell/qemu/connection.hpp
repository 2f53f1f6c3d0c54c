// The ways to a QEMU: dialling it, waiting for it, launching it.
#ifndef QMP_SHELL_QEMU_CONNECTION_HPP
#define QMP_SHELL_QEMU_CONNECTION_HPP

#include "event_loop.hpp"
#include "options.hpp"
#include "terminal/screen.hpp"

#include <coqmp/session.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace qmp_shell {

/// Its text is one sentence for the user.
class connection_failed : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Ctrl-C, while connecting.
class connection_given_up : public std::runtime_error
{
public:
    connection_given_up() : std::runtime_error("given up") {}
};

/// How QEMU was left.
struct leave_result
{
    std::string words;    ///< empty: there is nothing to say, or it was said before
    bool failed = false;  ///< it did not end when asked to, or crashed
};

/// A session, and what there is beside it: nothing, or the process of a QEMU that was launched.
class connection
{
public:
    connection() = default;
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;
    virtual ~connection() = default;

    [[nodiscard]] virtual coqmp::session& session() = 0;

    /// How it ended, in one sentence; to be asked when the session has ended. May wait a little for what there is to know.
    [[nodiscard]] virtual std::string how_it_ended(boost::system::error_code why) = 0;

    /// Whether leave() ends QEMU.
    [[nodiscard]] virtual bool ends_with_the_shell() const noexcept = 0;

    /// Leaves QEMU alone, or ends the one that was launched.
    [[nodiscard]] virtual leave_result leave() = 0;
};

/// Connects as the options say.
/// @throws connection_failed, connection_given_up
[[nodiscard]] std::unique_ptr<connection> connect(event_loop& loop, screen& screen, options const& options,
                                                  coqmp::session_options behaviour);

}  // namespace qmp_shell

#endif
