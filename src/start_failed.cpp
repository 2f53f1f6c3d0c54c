#include <coqmp/start_failed.hpp>

#include <utility>

namespace coqmp {

start_failed::start_failed(boost::system::error_code code, start_diagnostics diagnostics)
    : boost::system::system_error(code), diagnostics_(std::move(diagnostics))
{}

}  // namespace coqmp
