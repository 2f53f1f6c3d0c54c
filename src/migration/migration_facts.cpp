#include "migration/migration_facts.hpp"

#include "detail/json_access.hpp"

#include <chrono>
#include <string_view>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

std::optional<std::chrono::milliseconds> duration_in(json::object const& report, std::string_view name)
{
    if (!report.contains(name))
        return std::nullopt;
    return std::chrono::milliseconds(number_in(report, name));
}

/// Pages of zeros are not sent, so `transferred` does not show how fast `remaining` falls.
std::uint64_t copied_in(json::object const& memory)
{
    std::uint64_t const pages = number_in(memory, "normal") + number_in(memory, "duplicate");
    return pages != 0 ? pages * number_in(memory, "page-size") : number_in(memory, "transferred");
}

}  // namespace

bool is_final(migration_state what) noexcept
{
    return what == migration_state::completed || what == migration_state::failed || what == migration_state::cancelled;
}

// ---- What QEMU has reported ------------------------------------------------------------------------------------------------

std::optional<migration_state> migration_facts::take(event const& what)
{
    has_events_ = true;
    if (what.name == "MIGRATION_PASS") {
        progress_.passes = number_in(what.data, "pass");
        return std::nullopt;
    }
    auto const next = migration_state_named(text_in(what.data, "status"));
    has_begun_ = has_begun_ || next == migration_state::setup;
    return next;
}

migration_state migration_facts::take_report(json::object const& report)
{
    ++reports_;
    auto const reported = report.contains("status") ? migration_state_named(text_in(report, "status")) : migration_state::none;
    if (reported == migration_state::setup)
        return reported;  // its numbers are zero, or those of the previous migration
    progress_.expected_downtime = duration_in(report, "expected-downtime");
    progress_.downtime = duration_in(report, "downtime");
    progress_.total_time = std::chrono::milliseconds(number_in(report, "total-time"));
    if (auto const* const memory = object_in(report, "ram")) {
        copied_ = copied_in(*memory);
        progress_.total = number_in(*memory, "total");
        progress_.remaining = number_in(*memory, "remaining");
        progress_.transferred = number_in(*memory, "transferred");
        progress_.passes = number_in(*memory, "dirty-sync-count");
    }
    return reported;
}

void migration_facts::enter(migration_state next) noexcept
{
    state_ = next;
    if (!has_ended())
        progress_.state = next;
}

// ---- What is known ---------------------------------------------------------------------------------------------------------

migration_progress migration_facts::progress(rate_estimate const& rate) const
{
    migration_progress result = progress_;
    result.rate = rate.per_second();
    result.time_left = rate.time_for(progress_.remaining);
    return result;
}

bool migration_facts::is_at_work() const noexcept
{
    return state_ == migration_state::active || state_ == migration_state::postcopy_active;
}

bool migration_facts::has_ended() const noexcept
{
    return is_final(state_);
}

bool migration_facts::is_in_postcopy() const noexcept
{
    return state_ == migration_state::postcopy_active || state_ == migration_state::postcopy_paused ||
           state_ == migration_state::postcopy_recover_setup || state_ == migration_state::postcopy_recover;
}

}  // namespace coqmp::detail
