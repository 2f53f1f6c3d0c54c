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
    explicit migration_failed(migration_end end);

    /// How the migration ended. migration_end::error has QEMU's reason.
    [[nodiscard]] migration_end const& end() const noexcept { return end_; }

    /// `the migration failed: Unable to write to socket: Broken pipe`, safe for a terminal and for a log.
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    migration_end end_;
    std::string what_;
};

}  // namespace coqmp

#endif
