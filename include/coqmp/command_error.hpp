// The error that QEMU returns for a command that it did not execute.
#ifndef COQMP_COMMAND_ERROR_HPP
#define COQMP_COMMAND_ERROR_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <iosfwd>
#include <string>
#include <type_traits>

namespace coqmp {

/// The class of an error that QEMU returned, as an error code. The set is open: any other class maps to `other`, and
/// command_error::class_name has its name.
enum class error_class { generic_error = 1, command_not_found, device_not_active, device_not_found, kvm_missing_cap, other };

/// The category of `error_class`.
[[nodiscard]] boost::system::error_category const& error_class_category() noexcept;

/// Lets `failure.code() == coqmp::error_class::device_not_found` compile.
[[nodiscard]] boost::system::error_code make_error_code(error_class value) noexcept;

/// What QEMU returns for a command that it did not execute.
/// @see examples/qmp-shell/commands/refusal.cpp
struct command_error
{
    std::string class_name;   ///< `GenericError`, `CommandNotFound`, ...
    std::string description;  ///< For people; not to be parsed.

    /// The class as a code; error_class::other for a class not known to this library.
    [[nodiscard]] boost::system::error_code code() const noexcept;

    friend bool operator==(command_error const&, command_error const&) = default;
};

/// Prints `GenericError: the description`.
std::ostream& operator<<(std::ostream& out, command_error const& error);

}  // namespace coqmp

template <>
struct boost::system::is_error_code_enum<coqmp::error_class> : std::true_type
{
};

#endif
