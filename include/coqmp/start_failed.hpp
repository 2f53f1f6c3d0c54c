// The exception of a machine that did not get ready.
#ifndef COQMP_START_FAILED_HPP
#define COQMP_START_FAILED_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/start_diagnostics.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <string>

namespace coqmp {

/// A machine that did not get ready: the error code, and the diagnostics.
/// @see examples/listener.cpp
class start_failed : public boost::system::system_error
{
public:
    start_failed(boost::system::error_code code, start_diagnostics diagnostics);

    /// How the program ended, if it ended by itself.
    /// @see examples/listener.cpp
    [[nodiscard]] std::optional<exit_status> const& status() const noexcept { return diagnostics_.status(); }

    /// The end of the program's standard error, byte for byte as the program wrote it: not safe for a terminal.
    /// @see examples/listener.cpp
    [[nodiscard]] std::string const& standard_error() const noexcept { return diagnostics_.standard_error(); }

    /// start_diagnostics::message(): safe for a terminal and for a log.
    [[nodiscard]] char const* what() const noexcept override { return diagnostics_.message().c_str(); }

private:
    start_diagnostics diagnostics_;
};

}  // namespace coqmp

#endif
