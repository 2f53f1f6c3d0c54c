#include "supervision/supervised_machines.hpp"

#include "daemon/log/log_priority.hpp"
#include "machines/machine_changes.hpp"
#include "reports/change_report.hpp"
#include "supervision/monitor_access.hpp"
#include "supervision/reload_plan.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp_daemon::log_priority;

namespace coqmpd {

namespace {

/// The releases that are under way.
struct pending_releases
{
    pending_releases(asio::any_io_executor const& executor, std::chrono::milliseconds most) : done(executor, most) {}

    asio::steady_timer done;
    std::size_t count = 0;
};

void note_unsupported(std::string const& machine, machine_file const& file, coqmp_daemon::logger& log)
{
    if (file.shutdown.agent)
        log.write(log_priority::warning, machine,
                  "shutdown.agent has no effect: this version asks the guest only through its power button");
}

}  // namespace

supervised_machines::supervised_machines(surroundings const& shared, std::function<void(std::string const&)> forgotten)
    : shared_(shared), forgotten_(std::move(forgotten)), settled_(shared.machines.get_executor())
{}

void supervised_machines::follow(machine_set files)
{
    for (std::string const& each : files.problems)
        shared_.log.write(log_priority::error, each);
    for (std::string const& each : take_observed(files))
        shared_.log.write(log_priority::warning, each, "ignored: this version cannot observe a QEMU of another owner");
    for (auto const& each : files.machines)
        without_file_.erase(each.first);
    for (std::string const& each : std::set<std::string>(without_file_))
        forget_if_over(each);
    machine_changes changes = find_changes(files_, files);
    std::erase_if(changes.removed, [this](std::string const& each) { return without_file_.contains(each); });
    for (std::string const& each : coqmpd::describe(changes))
        shared_.log.write(log_priority::notice, each);
    for (auto& [name, file] : files.machines)
        files_[name] = std::move(file);
    reload_plan const plan = plan_reload(changes);
    for (std::string const& each : plan.removed)
        give_up_file(each);
    for (std::string const& each : plan.limited)
        change_limits(each);
    for (std::string const& each : plan.hooked)
        shared_.hooks.set(each, files_.at(each).hooks);
    for (std::string const& each : plan.resupervised)
        supervise_anew(each);
    unplaced_.insert(plan.added.begin(), plan.added.end());
    add_unplaced();
}

void supervised_machines::take(std::string const& machine, coqmp::lifecycle state)
{
    if (without_file_.contains(machine) && !leaving_.contains(machine) && !is_ending_ && is_at_rest(state))
        forget(machine);
}

asio::awaitable<bool> supervised_machines::settle(std::chrono::milliseconds most)
{
    error_code interrupted;
    settled_.expires_after(most);
    if (!leaving_.empty())
        co_await settled_.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
    co_return leaving_.empty();
}

// ---- One machine -----------------------------------------------------------------------------------------------------------

void supervised_machines::add(std::string const& machine)
{
    if (is_ending_ || leaving_.contains(machine))
        return;  // has_left() adds it
    machine_file const& file = files_.at(machine);
    note_unsupported(machine, file, shared_.log);
    shared_.hooks.set(machine, file.hooks);
    std::vector<std::string> problems;
    std::string const cgroup = shared_.cgroups != nullptr ? shared_.cgroups->prepare(machine, file.limits, problems) : "";
    for (std::string const& each : problems)
        shared_.log.write(log_priority::warning, machine, each);
    try {
        shared_.machines.add(machine, spec_for(file, cgroup, inherited_), policy_for(file), names_before(file));
        unplaced_.erase(machine);
        if (!file.user.empty())
            admit(file.user, machine);
    } catch (std::exception const& failure) {
        shared_.log.write(log_priority::error, machine, failure.what());
    }
}

/// Lets QEMU connect to us as this user.
void supervised_machines::admit(std::string const& user, std::string const& machine)
{
    auto const number = user_number(user);
    if (number == ::geteuid())
        return;
    std::string const problem = ::geteuid() != 0 ? "only a daemon that runs as root can run QEMU as another user"
                                : number         ? open_monitor_to(*number, shared_.state, machine)
                                                 : "this host has no user " + user;
    if (!problem.empty())
        shared_.log.write(log_priority::error, machine, "QEMU will not be able to start: " + problem);
}

/// A machine that cannot be added is tried again with the others: while the order changes, one may have to wait for another.
void supervised_machines::add_unplaced()
{
    for (std::string const& each : std::set<std::string>(unplaced_))
        add(each);
}

void supervised_machines::change_limits(std::string const& machine)
{
    std::vector<std::string> problems;
    if (shared_.cgroups != nullptr)
        shared_.cgroups->apply(machine, files_.at(machine).limits, problems);
    for (std::string const& each : problems)
        shared_.log.write(log_priority::warning, machine, each);
}

void supervised_machines::supervise_anew(std::string const& machine)
{
    if (unplaced_.contains(machine))
        return;  // add_unplaced() follows
    if (!leaving_.insert(machine).second)
        return;  // it is added with its newest file
    shared_.machines.async_release(machine, [this, alive = std::weak_ptr(alive_), machine](error_code error) {
        if (alive.expired())
            return;
        report(machine, "its new settings could not be applied cleanly", error);
        has_left(machine);
    });
}

/// A machine is no longer among the supervisor's.
void supervised_machines::has_left(std::string const& machine)
{
    leaving_.erase(machine);
    if (files_.contains(machine))
        unplaced_.insert(machine);
    else
        forgotten_(machine);
    add_unplaced();
    if (leaving_.empty())
        settled_.cancel();
}

void supervised_machines::give_up_file(std::string const& machine)
{
    without_file_.insert(machine);
    forget_if_over(machine);
    if (without_file_.contains(machine))
        shared_.log.write(log_priority::warning, machine, "its file is gone; it is supervised until it has been stopped");
}

void supervised_machines::forget_if_over(std::string const& machine)
{
    if (leaving_.contains(machine))
        return;
    if (unplaced_.erase(machine) != 0) {  // the supervisor does not know it
        files_.erase(machine);
        without_file_.erase(machine);
        shared_.hooks.forget(machine);
        forgotten_(machine);
    } else if (is_at_rest(shared_.machines.state(machine))) {
        forget(machine);
    }
}

void supervised_machines::forget(std::string const& machine)
{
    files_.erase(machine);
    without_file_.erase(machine);
    leaving_.insert(machine);
    shared_.hooks.forget(machine);
    shared_.machines.async_remove(machine, [this, alive = std::weak_ptr(alive_), machine](error_code error) {
        if (alive.expired())
            return;
        report(machine, "cannot be removed", error);
        if (shared_.cgroups != nullptr)
            shared_.cgroups->remove(machine);
        has_left(machine);
    });
}

void supervised_machines::report(std::string const& machine, std::string const& what, error_code error)
{
    bool const is_over = error == coqmp::errc::cannot_release || error == coqmp::errc::no_such_machine ||
                         error == asio::error::operation_aborted;  // the process has just ended, or we are ending
    if (error && !is_over)
        shared_.log.write(log_priority::error, machine, what + ": " + error.message());
}

// ---- The end of the daemon -------------------------------------------------------------------------------------------------

asio::awaitable<bool> supervised_machines::release_all(asio::any_io_executor executor, std::chrono::milliseconds most)
{
    is_ending_ = true;
    auto const pending = std::make_shared<pending_releases>(executor, most);
    for (std::string const& each : shared_.machines.names()) {
        ++pending->count;
        shared_.machines.async_release(each, [this, alive = std::weak_ptr(alive_), pending, each](error_code error) {
            if (!alive.expired())
                report(each, "keeps running, but the next daemon cannot adopt it", error);
            if (--pending->count == 0)
                pending->done.cancel();
        });
    }
    error_code interrupted;
    if (pending->count != 0)
        co_await pending->done.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
    co_return pending->count == 0;
}

}  // namespace coqmpd
