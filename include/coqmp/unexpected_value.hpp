// The exception for a value that is not of the type that the program asked for.
#ifndef COQMP_UNEXPECTED_VALUE_HPP
#define COQMP_UNEXPECTED_VALUE_HPP

#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>

#include <string>

namespace coqmp {

/// Thrown by session::execute_as(), event::get() and decode() when QEMU's value does not fit the type. The code is
/// errc::unexpected_value: the command succeeded, and only its value is not understood.
/// @see examples/qmp-shell/qemu/monitor.cpp
class unexpected_value : public boost::system::system_error
{
public:
    /// @param origin the name of the command or event
    /// @param path where in the value, as `[3].thread-id`; empty: the whole value
    /// @param reason what is wrong there, as `not an integer`
    unexpected_value(std::string origin, std::string path, std::string reason);

    /// The name of the command or event that the value is from.
    [[nodiscard]] std::string const& origin() const noexcept { return origin_; }
    /// Where in the value, as `[3].thread-id`. Empty: the whole value.
    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    /// What is wrong there, as `not an integer`.
    [[nodiscard]] std::string const& reason() const noexcept { return reason_; }

    /// `query-cpus-fast: [3].thread-id: not an integer`, safe for a terminal and for a log, as command_failed::what() is.
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string origin_;
    std::string path_;
    std::string reason_;
    std::string what_;
};

}  // namespace coqmp

#endif
