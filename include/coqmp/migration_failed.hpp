// The exception of a migration that did not complete.
#ifndef COQMP_MIGRATION_FAILED_HPP
#define COQMP_MIGRATION_FAILED_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/migration_end.hpp>

#include <boost/system/system_error.hpp>

#include <string>

namespace coqmp {

/// Thrown for a migration that did not complete. The code is errc::migration_cancelled or errc::migration_failed.
/// @see examples/migration.cpp
class migration_failed : public boost::system::system_error
{
public:
    /// @param destination_error any bytes; they are escaped in what()
    explicit migration_failed(migration_end end, std::string destination_error = {});

    /// How the migration ended. migration_end::error has QEMU's reason.
    [[nodiscard]] migration_end const& end() const noexcept { return end_; }

    /// The last lines that the destination's QEMU wrote on its standard error during a migrate(), byte for byte: not safe for a
    /// terminal. Empty if there are none, and if they are not known.
    [[nodiscard]] std::string const& destination_error() const noexcept { return destination_error_; }

    /// `the migration failed: Unable to write to socket: Broken pipe`, and what the destination wrote; safe for a terminal and for a log.
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    migration_end end_;
    std::string destination_error_;
    std::string what_;
};

}  // namespace coqmp

#endif
