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

std::string sentence(migration_end const& end)
{
    switch (end.outcome) {
        case migration_outcome::completed:
            return "the migration completed";
        case migration_outcome::failed:
            return end.error.empty() ? "the migration failed, and QEMU gave no reason" : "the migration failed: " + end.error;
        case migration_outcome::cancelled:
            return "the migration was cancelled";
        case migration_outcome::refused:
            return "the migration: QEMU refused " + end.error;
    }
    return {};
}

}  // namespace

migration_failed::migration_failed(migration_end end)
    : boost::system::system_error(make_error_code(code_of(end.outcome))),
      end_(std::move(end)),
      what_(detail::harmless(sentence(end_)))
{}

}  // namespace coqmp
