#include "server/command_handlers.hpp"

#include <coqmp/command_error.hpp>

#include <utility>

namespace coqmp::detail {

void command_handlers::add(std::string name, monitor_server::callback handler, command_bands bands)
{
    named_.insert_or_assign(std::move(name), entry{std::move(handler), bands});
}

void command_handlers::add_others(monitor_server::callback handler)
{
    others_ = std::move(handler);
}

// The refusals are QEMU's, word for word.
void command_handlers::execute(monitor_request request) const
{
    auto const found = named_.find(request.name());
    if (found == named_.end()) {
        if (others_)
            return others_(std::move(request));
        return request.fail(command_error{"CommandNotFound", "The command " + request.name() + " has not been found"});
    }
    auto const& [handler, bands] = found->second;
    if (request.is_out_of_band() && bands == command_bands::in_band)
        return request.fail("The command " + request.name() + " does not support OOB");
    handler(std::move(request));
}

}  // namespace coqmp::detail
