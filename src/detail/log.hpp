// Writes sentences to the log of a session, a listener or a server.
#ifndef COQMP_SRC_DETAIL_LOG_HPP
#define COQMP_SRC_DETAIL_LOG_HPP

#include <coqmp/log_level.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// Writes a sentence with a name in front of it, if the name is not empty. Both may quote the peer: they are shortened, and what a
/// terminal would obey is escaped.
/// @param to not called if it is empty
void log(std::function<void(log_level, std::string_view)> const& to, std::string const& name, log_level level,
         std::string const& sentence);

/// The same for options such as session_options.
template <class Options>
void log(Options const& options, log_level level, std::string const& sentence)
{
    log(options.log, options.name, level, sentence);
}

}  // namespace coqmp::detail

#endif
