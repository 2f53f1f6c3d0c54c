#include <coqmp/start_failed.hpp>

#include "detail/harmless_text.hpp"

#include <utility>

namespace coqmp {

start_failed::start_failed(boost::system::error_code code, std::string text, std::optional<exit_status> status,
                           std::string standard_error)
    : boost::system::system_error(code),
      text_(detail::harmless(text)),
      status_(status),
      standard_error_(std::move(standard_error))
{}

}  // namespace coqmp
