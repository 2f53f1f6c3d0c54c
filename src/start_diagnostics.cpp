#include <coqmp/start_diagnostics.hpp>

#include "detail/harmless_text.hpp"

#include <utility>

namespace coqmp {

start_diagnostics::start_diagnostics(std::string const& message, std::optional<exit_status> status, std::string standard_error)
    : message_(detail::harmless(message)), status_(status), standard_error_(std::move(standard_error))
{}

}  // namespace coqmp
