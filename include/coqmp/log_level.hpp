// How important a sentence in the log is.
#ifndef COQMP_LOG_LEVEL_HPP
#define COQMP_LOG_LEVEL_HPP

namespace coqmp {

/// How important a sentence in the log is.
enum class log_level {
    info,     ///< Part of normal operation.
    warning,  ///< Unusual: the operation goes on, but the peer, or another process, does not behave as it should.
    error     ///< An operation fails because of it.
};

}  // namespace coqmp

#endif
