// The state behind a migration.
#ifndef COQMP_SRC_MIGRATION_MIGRATION_IMPL_HPP
#define COQMP_SRC_MIGRATION_MIGRATION_IMPL_HPP

#include "following/follower.hpp"
#include "migration/migration_tracker.hpp"

namespace coqmp::detail {

/// A class with a name of its own, because a public header declares it.
class migration_impl final : public follower<migration_tracker>
{
public:
    using follower::follower;
};

}  // namespace coqmp::detail

#endif
