#include "supervision/pause_record.hpp"

#include "detail/json_access.hpp"

namespace coqmp::detail {

void pause_record::take(event const& what)
{
    if (what.lost_before != 0)
        gap(false);
    if (what.name == "BLOCK_IO_ERROR")
        take_disk_error(what);
    else if (what.name == "STOP")
        stopped();
    else if (what.name == "RESUME")
        resumed();
    else if (what.name == "SHUTDOWN" || text_in(what.data, "action") == "pause")  // of GUEST_PANICKED and WATCHDOG
        coming_ = cause::other;                                                   // a STOP follows, or the end
}

void pause_record::take_disk_error(event const& what)
{
    if (text_in(what.data, "action") != "stop")
        return;  // the guest goes on
    bool const is_no_space = flag_in(what.data, "nospace");
    if (runs_)
        coming_ = coming_ == cause::other || !is_no_space ? cause::other : cause::no_space;
    else if (!is_no_space)
        cause_ = cause::other;  // `cont` would run into the other error
}

void pause_record::stopped() noexcept
{
    if (!runs_)
        coming_ = cause::other;  // it was not seen running: why it stops is unknown
    cause_ = coming_ == cause::no_space ? cause::no_space : cause::other;
    coming_ = cause::none;
    runs_ = false;
    is_confirmed_ = false;
}

void pause_record::resumed() noexcept
{
    // It is still held: a client's `stop` may have been executed after this event was sent. The answer `running` shows that not.
    cause_ = coming_ = cause::none;
    runs_ = true;
    is_confirmed_ = false;
}

void pause_record::confirm(run_state state) noexcept
{
    is_confirmed_ = state == run_state::io_error;
    switch (state) {
        case run_state::running:
            runs_ = true;
            cause_ = cause::none;
            is_held_ = false;
            break;
        case run_state::io_error:
        case run_state::unknown:
        case run_state::finish_migrate:
        case run_state::restore_vm:
        case run_state::save_vm:
        case run_state::suspended:
            break;  // says nothing new
        default:
            cause_ = cause::other;
            runs_ = false;
    }
}

void pause_record::gap(bool is_out_of_space_listed) noexcept
{
    if (cause_ != cause::no_space || !is_out_of_space_listed)
        cause_ = cause::other;
    coming_ = cause::none;
    runs_ = false;
    is_confirmed_ = false;
}

void pause_record::stop_done() noexcept
{
    if (stops_on_the_wire_ == 0)
        return;
    --stops_on_the_wire_;
    is_held_ = true;  // also if it is not known whether QEMU has executed it
}

void pause_record::stop_withdrawn() noexcept
{
    if (stops_on_the_wire_ != 0)
        --stops_on_the_wire_;
}

void pause_record::recall(bool is_held, bool is_out_of_space) noexcept
{
    is_held_ = is_held;
    cause_ = is_out_of_space ? cause::no_space : cause::other;
}

lifecycle_reason pause_record::reason(run_state state) const noexcept
{
    switch (state) {
        case run_state::io_error:
            return is_held()           ? lifecycle_reason::by_client
                   : is_out_of_space() ? lifecycle_reason::no_space
                                       : lifecycle_reason::disk_error;
        case run_state::paused:
            return lifecycle_reason::by_client;
        case run_state::guest_panicked:
            return lifecycle_reason::panicked;
        case run_state::watchdog:
            return lifecycle_reason::watchdog;
        case run_state::shutdown:
            return lifecycle_reason::switched_off;
        case run_state::postmigrate:
            return lifecycle_reason::migrated;
        case run_state::prelaunch:
        case run_state::preconfig:
            return lifecycle_reason::not_begun;
        case run_state::inmigrate:
        case run_state::colo:
            return lifecycle_reason::incoming;
        case run_state::debug:
            return lifecycle_reason::debugged;
        case run_state::internal_error:
            return lifecycle_reason::internal_error;
        default:
            return lifecycle_reason::other;
    }
}

}  // namespace coqmp::detail
