// A coroutine that executes commands, as a callback.
#ifndef COQMP_SRC_SERVER_COROUTINE_HANDLER_HPP
#define COQMP_SRC_SERVER_COROUTINE_HANDLER_HPP

#include <coqmp/monitor_server.hpp>

namespace coqmp::detail {

/// @return a callback that starts the coroutine on the executor of the request's server, and answers with what it returns or
/// throws. The coroutine is cancelled when the connection ends.
[[nodiscard]] monitor_server::callback as_callback(monitor_server::coroutine handler);

}  // namespace coqmp::detail

#endif
