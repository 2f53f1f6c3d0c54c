#include "supervision/supervised_machines.hpp"

#include "daemon/log/log_priority.hpp"
#include "machines/machine_changes.hpp"
#include "reports/change_report.hpp"
#include "supervision/reload_plan.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp_daemon::log_priority;

namespace coqmpd {

namespace {

/// A machine of a pattern loses its socket when it ends; its last change is still to be reported.
bool is_observed_alone(machine_file const& file)
{
    return file.is_observed() && file.observe.value->directory.empty();
}

}  // namespace

supervised_machines::supervised_machines(surroundings const& shared, std::function<void(std::string const&)> forgotten)
    : shared_(shared), forgotten_(std::move(forgotten)), settled_(shared.machines.get_executor())
{}

void supervised_machines::announce(machine_set const& files, left_machines const& left)
{
    for (auto const& [name, file] : files.machines) {
        if (file.is_observed())
            continue;
        auto const known = launches_.find(name);
        auto const earlier = left.find(name);
        if (known != launches_.end())
            known->second.announce(arguments_of(file));
        else if (earlier != left.end() && earlier->second.has_process)
            launches_.emplace(name, possible_launches(arguments_of(file), earlier->second.known.launches));
        else
            launches_.emplace(name, possible_launches(arguments_of(file)));
        if (shared_.stored != nullptr)
            shared_.stored->keep(name, file, launches_.at(name).all());
    }
}

void supervised_machines::follow(machine_set files, left_machines const& left)
{
    for (std::string const& each : files.problems)
        shared_.log.write(log_priority::error, each);
    for (auto const& each : files.machines)
        without_file_.erase(each.first);
    for (std::string const& each : std::set<std::string>(without_file_))
        forget_if_over(each);
    restore(files, left);
    refused_ = files.refused;
    follow_launches(files);
    machine_changes changes = find_changes(files_, files);
    std::erase_if(changes.removed, [this](std::string const& each) { return without_file_.contains(each); });
    for (std::string const& each : coqmpd::describe(changes))
        shared_.log.write(log_priority::notice, each);
    for (auto& [name, file] : files.machines)
        files_[name] = std::move(file);
    for (std::string const& each : changes.added)
        keep(each);
    for (changed_machine const& each : changes.changed)
        keep(each.name);
    reload_plan const plan = plan_reload(changes);
    for (std::string const& each : plan.removed)
        give_up_file(each);
    for (std::string const& each : plan.limited)
        change_limits(each);
    for (std::string const& each : plan.hooked)
        shared_.hooks.set(each, files_.at(each).hooks);
    for (std::string const& each : plan.offered)
        if (placed_.contains(each))
            shared_.monitors.offer(each, files_.at(each).monitor);
    for (std::string const& each : plan.replaced)
        replace(each);
    for (std::string const& each : plan.updated)
        update(each);
    unplaced_.insert(plan.added.begin(), plan.added.end());
    place_all();
}

void supervised_machines::take(std::string const& machine, coqmp::lifecycle state)
{
    reported_[machine] = state;
    auto const launches = launches_.find(machine);
    // The newest state, because the launch of a later one may have been with later arguments.
    if (launches != launches_.end() && is_supervised(machine) && launches->second.take(shared_.machines.state(machine)))
        keep(machine);
    if (without_file_.contains(machine) && !leaving_.contains(machine) && !is_ending_ && is_at_rest(state))
        forget(machine);
}

asio::awaitable<bool> supervised_machines::settle(std::chrono::milliseconds most)
{
    error_code interrupted;
    settled_.expires_after(most);
    if (!leaving_.empty())
        co_await settled_.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
    bool const has_settled = leaving_.empty();
    co_return has_settled;
}

known_machines supervised_machines::known() const
{
    known_machines result;
    for (auto const& [name, file] : files_) {
        if (file.is_observed())
            continue;
        known_machine& machine = result[name];
        machine.file = file;
        if (auto const launches = launches_.find(name); launches != launches_.end())
            machine.launches = launches->second.in_use();
    }
    return result;
}

std::string supervised_machines::file_problem(std::string const& machine) const
{
    auto const file = files_.find(machine);
    if (file == files_.end() || file->second.is_observed())
        return {};
    return without_file_.contains(machine) ? "missing" : refused_.contains(machine) ? "refused" : "";
}

asio::awaitable<error_code> supervised_machines::shut_down(std::chrono::nanoseconds budget)
{
    ++shutdowns_;
    // A client that leaves ends only its own wait.
    shared_.machines.async_shutdown(budget)([this, alive = std::weak_ptr(alive_)](error_code) {
        if (!alive.expired() && --shutdowns_ == 0)
            replace_deferred();
    });
    auto ending = shared_.machines.async_shutdown(budget, asio::as_tuple(asio::deferred));
    auto const [error] = co_await std::move(ending);
    co_return error;
}

void supervised_machines::warn_of_stored()
try {
    for (std::string const& each : shared_.machines.stored_names())
        shared_.log.write(
            log_priority::warning, each,
            "an earlier daemon had this machine, but now it has no file, or one with problems: it is not supervised, "
            "and its QEMU may still be running");
} catch (boost::system::system_error const& failure) {
    shared_.log.write(log_priority::error, std::string("cannot look for machines of earlier daemons: ") + failure.what());
}

// ---- What the next daemon needs, and what an earlier one has left ----------------------------------------------------------

void supervised_machines::restore(machine_set const& files, left_machines const& left)
{
    for (auto const& [name, machine] : left) {
        if (machine.reported && (files.machines.contains(name) || is_restored(name, machine, files)))
            shared_.hooks.recall(name, *machine.reported);
        if (files_.contains(name) || !is_restored(name, machine, files))
            continue;
        files_[name] = *machine.known.file;
        auto const current = arguments_of(*machine.known.file);
        launches_.insert_or_assign(
            name, machine.has_process ? possible_launches(current, machine.known.launches) : possible_launches(current));
        unplaced_.insert(name);
        bool const is_refused = files.refused.contains(name);
        shared_.log.write(log_priority::error, name,
                          is_refused
                              ? "its file is refused: it is supervised as the last file says that was accepted"
                              : "it runs, but its file is gone: it is supervised as that file said, until it has been stopped");
        if (is_refused)
            continue;
        without_file_.insert(name);
        reported_[name] = coqmp::lifecycle::running;  // until it is known to be at rest
    }
}

void supervised_machines::follow_launches(machine_set const& files)
{
    for (auto const& [name, file] : files.machines) {
        if (file.is_observed()) {
            launches_.erase(name);
            continue;
        }
        possible_launches& launches = launches_.try_emplace(name, arguments_of(file)).first->second;
        launches.announce(arguments_of(file));
        launches.apply(is_supervised(name) ? shared_.machines.state(name) : launches.state());
    }
}

void supervised_machines::keep(std::string const& machine)
{
    auto const launches = launches_.find(machine);
    if (shared_.stored != nullptr && launches != launches_.end())
        shared_.stored->keep(machine, files_.at(machine), launches->second.all());
}

void supervised_machines::replace_deferred()
{
    for (std::string const& each : std::exchange(deferred_, {}))
        if (files_.contains(each))
            replace(each);
    place_all();
}

// ---- One machine -----------------------------------------------------------------------------------------------------------

/// The supervisor gets the machine as its file is now.
void supervised_machines::place(std::string const& machine)
{
    if (is_ending_ || leaving_.contains(machine))
        return;  // has_left() does it
    machine_file const& file = files_.at(machine);
    shared_.hooks.set(machine, file.hooks);
    try {
        if (file.is_observed())
            observe(machine, file);
        else
            launch(machine, file);
        placed_.insert(machine);
        unplaced_.erase(machine);
    } catch (std::exception const& failure) {
        shared_.log.write(log_priority::error, machine, failure.what());
    }
    if (placed_.contains(machine))
        shared_.monitors.offer(machine, file.monitor);
}

void supervised_machines::launch(std::string const& machine, machine_file const& file)
{
    std::vector<std::string> problems;
    std::string const cgroup = shared_.cgroups != nullptr ? shared_.cgroups->prepare(machine, file.limits, problems) : "";
    for (std::string const& each : problems)
        shared_.log.write(log_priority::warning, machine, each);
    if (placed_.contains(machine))
        shared_.machines.update(machine, spec_for(file, cgroup, inherited_), policy_for(file), names_before(file));
    else
        shared_.machines.add(machine, spec_for(file, cgroup, inherited_), policy_for(file), names_before(file));
}

void supervised_machines::observe(std::string const& machine, machine_file const& file)
{
    shared_.machines.observe(machine, *file.observe.value->address, policy_for(file), session_for_qemu());
}

/// A machine that the supervisor refuses is tried again with the others: while several change their order, one may have to wait for
/// another.
void supervised_machines::place_all()
{
    for (std::string const& each : std::set<std::string>(unplaced_))
        place(each);
}

void supervised_machines::change_limits(std::string const& machine)
{
    std::vector<std::string> problems;
    if (shared_.cgroups != nullptr)
        shared_.cgroups->apply(machine, files_.at(machine).limits, problems);
    for (std::string const& each : problems)
        shared_.log.write(log_priority::warning, machine, each);
}

/// A machine that is only observed loses nothing when it is observed anew.
void supervised_machines::update(std::string const& machine)
{
    if (files_.at(machine).is_observed())
        replace(machine);
    else
        unplaced_.insert(machine);
}

void supervised_machines::replace(std::string const& machine)
{
    if (shutdowns_ != 0) {  // it would escape the shutdown
        deferred_.insert(machine);
        return;
    }
    if (!placed_.contains(machine) || leaving_.contains(machine)) {
        unplaced_.insert(machine);
        return;
    }
    leaving_.insert(machine);
    shared_.monitors.withdraw(machine);
    shared_.machines.async_release(machine, [this, alive = std::weak_ptr(alive_), machine](error_code error) {
        if (alive.expired())
            return;
        report(machine, "what it was before cannot be adopted later", error);
        has_left(machine);
    });
}

/// A machine is no longer among the supervisor's.
void supervised_machines::has_left(std::string const& machine)
{
    leaving_.erase(machine);
    placed_.erase(machine);
    if (files_.contains(machine))
        unplaced_.insert(machine);
    else
        forgotten_(machine);
    place_all();
    if (without_file_.contains(machine))
        forget_if_over(machine);
    if (leaving_.empty())
        settled_.cancel();
}

void supervised_machines::give_up_file(std::string const& machine)
{
    without_file_.insert(machine);
    forget_if_over(machine);
    if (without_file_.contains(machine))
        shared_.log.write(log_priority::warning, machine,
                          files_.at(machine).is_observed() ? "its socket is gone; it is watched until it has ended"
                                                           : "its file is gone; it is supervised until it has been stopped");
}

void supervised_machines::forget_if_over(std::string const& machine)
{
    if (leaving_.contains(machine))
        return;
    if (!placed_.contains(machine)) {
        files_.erase(machine);
        launches_.erase(machine);
        without_file_.erase(machine);
        unplaced_.erase(machine);
        shared_.hooks.forget(machine);
        forgotten_(machine);
    } else if (is_observed_alone(files_.at(machine)) || (is_at_rest(shared_.machines.state(machine)) &&
                                                         (!reported_.contains(machine) || is_at_rest(reported_.at(machine))))) {
        forget(machine);
    }
}

void supervised_machines::forget(std::string const& machine)
{
    files_.erase(machine);
    launches_.erase(machine);
    reported_.erase(machine);
    without_file_.erase(machine);
    unplaced_.erase(machine);
    leaving_.insert(machine);
    shared_.hooks.forget(machine);
    shared_.monitors.withdraw(machine);
    shared_.machines.async_remove(machine, [this, alive = std::weak_ptr(alive_), machine](error_code error) {
        if (alive.expired())
            return;
        report(machine, "cannot be removed", error);
        if (shared_.cgroups != nullptr)
            shared_.cgroups->remove(machine);
        if (shared_.stored != nullptr && !files_.contains(machine))
            shared_.stored->forget(machine);
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

asio::awaitable<bool> supervised_machines::release_all(std::chrono::milliseconds most)
{
    is_ending_ = true;
    struct outcome
    {
        asio::steady_timer done;
        bool is_complete = false;
    };
    auto const result = std::make_shared<outcome>(asio::steady_timer(shared_.machines.get_executor(), most));
    shared_.machines.async_release_all([result](error_code error, std::size_t) {
        result->is_complete = !error;
        result->done.cancel();
    });
    error_code interrupted;
    co_await result->done.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
    co_return result->is_complete;
}

}  // namespace coqmpd
