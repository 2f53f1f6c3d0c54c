#include "supervisor/action_performer.hpp"

#include "session/session_impl.hpp"
#include "supervisor/machine_driver.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/system/system_error.hpp>

#include <mutex>
#include <sstream>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

process_end withdrawn_launch()
{
    process_end result;
    result.end.reason = end_reason::requested;
    return result;
}

bool explains_itself_badly(lifecycle_reason reason) noexcept
{
    return reason == lifecycle_reason::killed_by_signal || reason == lifecycle_reason::failed_exit;
}

void no_answer_needed(machine_driver& /*driver*/, reply const& /*answer*/) {}

}  // namespace

void action_performer::operator()(actions::store const& what) const
{
    driver.steps_->remember(what.memory);
    driver.steps_->save();
}

void action_performer::operator()(actions::launch const& /*it*/) const
{
    if (driver.steps_->error())
        driver.launch_waits_ = true;
    else
        driver.owner_->request_launch(driver.name_);
}

void action_performer::operator()(actions::shut_down const& what) const
{
    if (driver.withdraw_launch())
        return driver.ended(withdrawn_launch(), {});
    shutdown_options options = driver.shutdown_;
    options.budget = what.budget;
    driver.qemu_->shut_down(options);
}

void action_performer::operator()(actions::extend_shutdown const& what) const
{
    driver.qemu_->extend_shutdown(what.by);
}

void action_performer::operator()(actions::kill const& /*it*/) const
{
    if (driver.withdraw_launch())
        return driver.ended(withdrawn_launch(), {});
    driver.qemu_->kill();
}

void action_performer::operator()(actions::ask_state const& /*it*/) const
{
    ask(command("query-status").timeout(0s),
        [](machine_driver& self, reply const& answer) { self.perform(self.rules_.answered(answer, self.clock_->now())); });
}

void action_performer::operator()(actions::ask_out_of_band const& /*it*/) const
{
    ask(command("query-yank").out_of_band().timeout(0s), [](machine_driver& self, reply const&) {
        self.perform(self.rules_.finished(finished_action::ask_out_of_band, self.clock_->now()));
    });
}

// The action may have waited for the disk, and what has happened since may forbid it.
void action_performer::operator()(actions::continue_guest const& /*it*/) const
{
    auto const finish = [](machine_driver& self, reply const&) {
        self.perform(self.rules_.finished(finished_action::continue_guest, self.clock_->now()));
    };
    if (driver.rules_.status().reason != lifecycle_reason::no_space)
        return finish(driver, {});
    ask(command("cont").timeout(0s), finish);
}

void action_performer::operator()(actions::reset_guest const& /*it*/) const
{
    if (driver.rules_.status().reason != lifecycle_reason::panicked)
        return;
    ask(command("system_reset").timeout(0s), no_answer_needed);
    ask(command("cont").timeout(0s), no_answer_needed);
}

void action_performer::operator()(actions::dump_guest const& /*it*/) const
{
    driver.dump_->begin(driver.qemu_->monitor(), driver.dump_settings_);
}

void action_performer::operator()(actions::reconnect const& /*it*/) const
{
    driver.qemu_->reconnect();
}

void action_performer::operator()(actions::release const& /*it*/) const
{
    try {
        driver.release_result_ = {};
        driver.qemu_->release();
    } catch (boost::system::system_error const& failure) {
        driver.release_result_ = failure.code();
        driver.wrote(failure.what());
    }
    driver.owner_->released(driver.name_);
}

void action_performer::operator()(actions::report const& what) const
{
    {
        std::scoped_lock const lock(driver.mutex_);
        driver.published_ = what.status;
    }
    change reported;
    reported.machine = driver.name_;
    reported.state = what.status.state;
    reported.reason = to_string(what.status.reason);
    if (what.status.reason == lifecycle_reason::did_not_start && !driver.failure_.empty())
        reported.reason += ": " + driver.failure_;
    if (driver.last_end_.status != exit_status() && explains_itself_badly(what.status.reason)) {
        std::ostringstream how;
        how << ": it " << driver.last_end_.status;
        reported.reason += how.str();
    }
    reported.status = what.status;
    driver.owner_->publish(reported);
}

void action_performer::ask(command&& request, answer_handler answered) const
{
    auto const monitor = driver.qemu_->monitor();
    if (!monitor)
        return;  // disconnected() follows, or was already called
    auto done = [weak = driver.weak_from_this(), answered = std::move(answered)](error_code error, reply const& answer) {
        auto const self = weak.lock();
        if (self && !error && self->owner_ != nullptr)
            answered(*self, answer);
    };
    start_execute(monitor, {asio::bind_executor(driver.executor_, std::move(done)), driver.executor_}, std::move(request));
}

}  // namespace coqmp::detail
