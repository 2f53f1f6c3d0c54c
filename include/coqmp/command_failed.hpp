// The exception for an error that QEMU returned.
#ifndef COQMP_COMMAND_FAILED_HPP
#define COQMP_COMMAND_FAILED_HPP

#include <coqmp/command_error.hpp>

#include <boost/system/system_error.hpp>

#include <string>

namespace coqmp {

/// Thrown by session::execute() when QEMU returns an error.
/// @see examples/first_command.cpp
class command_failed : public boost::system::system_error
{
public:
    /// @param command the name of the command that failed
    /// @param error what QEMU returned
    command_failed(std::string command, command_error error);

    /// The name of the command that failed.
    [[nodiscard]] std::string const& command() const noexcept { return command_; }

    /// What QEMU returned.
    [[nodiscard]] command_error const& error() const noexcept { return error_; }

    /// `command: class: description`, safe for a terminal and for a log: what QEMU wrote is escaped where a terminal would obey
    /// it. error() has it byte for byte.
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string command_;
    command_error error_;
    std::string what_;
};

}  // namespace coqmp

#endif
