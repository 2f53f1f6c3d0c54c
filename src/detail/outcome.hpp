// Adds to a library error what became of the command that it ended.
#ifndef COQMP_SRC_DETAIL_OUTCOME_HPP
#define COQMP_SRC_DETAIL_OUTCOME_HPP

#include <coqmp/error.hpp>

#include <boost/system/error_code.hpp>

namespace coqmp {

/// What became of a command that got no reply.
enum class outcome { not_sent, unknown };

/// `reason`, and the condition that says what became of the command. A code of another category (the kernel's) becomes
/// errc::disconnected, because only a command's own end can say whether it was sent.
[[nodiscard]] boost::system::error_code with_outcome(boost::system::error_code reason, outcome known) noexcept;

/// The same of a plain library error.
[[nodiscard]] inline boost::system::error_code with_outcome(errc reason, outcome known) noexcept
{
    return with_outcome(make_error_code(reason), known);
}

}  // namespace coqmp

#endif
