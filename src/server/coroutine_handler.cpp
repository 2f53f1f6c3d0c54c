#include "server/coroutine_handler.hpp"

#include "server/client_connection.hpp"
#include "server/coroutine_execution.hpp"
#include "server/request_impl.hpp"

#include <memory>
#include <utility>

namespace coqmp::detail {

monitor_server::callback as_callback(monitor_server::coroutine handler)
{
    return [handler = std::move(handler)](monitor_request request) {
        auto const connection = impl_of(request).connection.lock();
        if (!connection)
            return;
        std::shared_ptr<running_coroutines> const running(connection, &connection->coroutines());
        start_execution(connection->executor(), running, handler, std::move(request));
    };
}

}  // namespace coqmp::detail
