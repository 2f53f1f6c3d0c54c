#include <coqmp/migration_failed.hpp>

#include <coqmp/error.hpp>

#include "detail/harmless_text.hpp"

#include <utility>

namespace coqmp {

namespace {

errc code_of(migration_outcome outcome) noexcept
{
    return outcome == migration_outcome::cancelled ? errc::migration_cancelled : errc::migration_failed;
}

/// @param destination what the destination wrote
std::string reason_of_failure(std::string const& error, std::string const& destination)
{
    if (error.empty() && destination.empty())
        return ", and QEMU gave no reason";
    return (error.empty() ? std::string() : ": " + error) +
           (destination.empty() ? std::string() : "; the destination said: " + destination);
}

std::string sentence(migration_end const& end, std::string const& destination)
{
    switch (end.outcome) {
        case migration_outcome::completed:
            return "the migration completed";
        case migration_outcome::failed:
            return "the migration failed" + reason_of_failure(end.error, destination);
        case migration_outcome::cancelled:
            return "the migration was cancelled";
        case migration_outcome::refused:
            return "the migration: QEMU refused " + end.error;
    }
    return {};
}

}  // namespace

migration_failed::migration_failed(migration_end end, std::string destination_error)
    : boost::system::system_error(make_error_code(code_of(end.outcome))),
      end_(std::move(end)),
      destination_error_(std::move(destination_error)),
      what_(detail::harmless(sentence(end_, destination_error_)))
{}

}  // namespace coqmp
