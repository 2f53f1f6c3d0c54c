// Writes sentences to the log of a session or listener.
#ifndef COQMP_SRC_DETAIL_LOG_HPP
#define COQMP_SRC_DETAIL_LOG_HPP

#include <coqmp/session_options.hpp>

#include <string>

namespace coqmp::detail {

/// Calls session_options::log, if it is set, with the name and the sentence. Both may quote the peer: they are shortened, and what a
/// terminal would obey is escaped.
void log(session_options const& options, log_level level, std::string const& sentence);

}  // namespace coqmp::detail

#endif
