#include "machine/launching.hpp"

#include "detail/deadline_after.hpp"
#include "machine/descriptor_names.hpp"
#include "machine/machine_impl.hpp"
#include "machine/spec_check.hpp"
#include "process/last_lines.hpp"
#include "process/process.hpp"
#include "process/process_identity.hpp"
#include "process/program_version.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// The end of a connection comes a little before the end of the process, whose exit status is worth waiting for.
constexpr auto exit_grace = 3s;

/// The child's first descriptor after the standard ones: the monitor's, if that is a socketpair.
constexpr int first_inherited = 3;

/// What to append to a sentence: the last lines that the process wrote, if there are any.
std::string last_lines_of(std::string_view errors)
{
    std::string const lines = last_lines(errors);
    return lines.empty() ? std::string() : ": " + lines;
}

/// Makes a chardev dial again each second. QEMU 9.2 renamed the option, and deprecated the former name.
char const* reconnect_option(std::optional<version> const& qemu)
{
    bool const is_renamed = qemu && std::tie(qemu->major, qemu->minor) >= std::make_tuple(9, 2);
    return is_renamed ? "reconnect-ms=1000" : "reconnect=1";
}

void append(std::vector<std::string>& arguments, std::vector<std::string> const& more)
{
    arguments.insert(arguments.end(), more.begin(), more.end());
}

/// Closes the descriptors that the process has got.
void forget_descriptors(machine_spec& spec) noexcept
{
    spec.descriptors.clear();
    for (output_target* const each : {&spec.standard_output, &spec.standard_error}) {
        if (each->type() == output_target::kind::descriptor)
            *each = output_target::discarded();
    }
}

std::optional<exit_status> exit_status_in(std::optional<machine_end> const& end)
{
    return end ? std::optional(end->status) : std::nullopt;
}

std::string name_of(std::string const& program)
{
    return program.substr(program.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

launching::launching(std::shared_ptr<machine_impl> machine, start_completion completion, std::optional<remote_listener> listener,
                     std::optional<descriptor> lock)
    : machine_start(std::move(machine), std::move(completion), std::move(listener)),
      lock_(std::move(lock)),
      daemonizes_(goes_to_background(machine_->spec()))
{}

void launching::begin()
try {
    if (auto const reason = why_it_cannot_start(machine_->spec(), listener_ ? &listener_->local() : nullptr))
        return fail(errc::launch_failed, *reason);
    machine_->watch_events();
    launch_ = std::make_shared<launch>(machine_->executor(),
                                       [this, self = shared_from_this()](launch::outcome& outcome) { take_process(outcome); });
    // Before the process is started: from now on its connection is not given to another accept.
    if (listener_ && !await_process()) {
        launch_->abandon();
        return fail(errc::disconnected, "the listener was closed with its execution context");
    }
    arm_deadline(optional_deadline_after(machine_->spec().start_timeout));
    launch_->start(what_to_launch(), !listener_);
} catch (std::bad_alloc const&) {
    cannot_begin();
}

void launching::cannot_begin()
{
    if (launch_)
        launch_->abandon();
    complete_without_memory();
}

process_options launching::what_to_launch() const
{
    machine_spec const& spec = machine_->spec();
    process_options options(spec);
    replace_descriptor_names(options, listener_ ? first_inherited : first_inherited + 1);
    for (auto const& [name, which] : spec.descriptors)
        options.inherited_fds.push_back(which);
    if (lock_)
        options.inherited_fds.push_back(*lock_);
    std::string const id = unused_chardev_id(spec);
    if (!options.parent_death_signal && !spec.outlives_us)
        options.parent_death_signal = SIGKILL;
    if (spec.outlives_us) {
        options.error_tail = 0;  // it would be read from a pipe of ours, unless it is in a file
        options.complete = [id, place = listener_->local()](process_options& all) {
            append(all.arguments, qemu_arguments(place, id, reconnect_option(version_of_program(all))));
        };
    } else if (listener_) {
        append(options.arguments, qemu_arguments(listener_->local(), id));
    } else {
        append(options.arguments, {"-chardev", "socket,id=" + id + ",fd=3", "-mon", "chardev=" + id + ",mode=control"});
    }
    return options;
}

/// @return false if the listener's execution context has ended
bool launching::await_process()
{
    peer_check required{listener_->peer_user(), std::nullopt, nullptr};
    if (listener_->local().is_unix() && !daemonizes_)  // a daemon is no longer a descendant of the process that we start
        required.expected = launch_->expected();
    return await_connection(std::move(required));
}

void launching::take_process(launch::outcome& outcome)
{
    launch::outcome mine = std::move(outcome);  // the helper thread may hold the original a little longer
    if (!machine_)
        return;
    forget_descriptors(machine_->spec());
    lock_.reset();
    auto const started = mine.process.process();
    launched_ = true;
    try {
        if (started && daemonizes_)
            take_launcher(mine);
        else if (started)
            take(std::make_shared<process>(machine_->executor(), std::move(mine.process), machine_->spec()));
    } catch (boost::system::system_error const& error) {
        mine.failure = "cannot start \"" + machine_->spec().program + "\": " + error.code().message();
    } catch (std::bad_alloc const&) {
        mine.failure = "cannot start \"" + machine_->spec().program + "\": not enough memory";
    }
    if (!machine_->process().exists() && !launcher_) {
        stop_accepting();
        return fail(errc::launch_failed, mine.failure);
    }
    if (listener_ && !daemonizes_) {
        // Only now: a message of the process must not be seen before the process itself.
        launch_->expected()->started(started->number(), [started] { return started->is_reaped(); });
        listener_->reconsider();
    }
    if (failure_)
        give_up(failure_);
    else if (ready_)
        complete({}, {});
    else if (!listener_)
        connect(std::move(mine.monitor));
    else if (early_connection_.number() >= 0)
        connect(std::move(early_connection_));
}

void launching::take(std::shared_ptr<process> started)
{
    auto identity = machine_->spec().outlives_us ? identity_of(started->pid()) : process_identity();
    machine_->take(std::move(started), std::move(identity));
}

// ---- A QEMU that goes to the background --------------------------------------------------------------------------------------

void launching::take_launcher(launch::outcome& outcome)
{
    auto launcher = std::make_unique<daemon_launcher>(machine_->executor(), std::move(outcome.process), machine_->spec());
    launcher->watch([this, self = shared_from_this()](exit_status status) { launcher_ended(status); });
    launcher_ = std::move(launcher);
}

void launching::launcher_ended(exit_status status)
{
    launcher_->ended(status);
    if (machine_ && !machine_->process().exists() && (failure_ || !launcher_->has_forked()))
        fail_with_reason();
}

void launching::connect(unique_fd connection)
{
    if (!daemonizes_)
        return machine_start::connect(std::move(connection));
    if (machine_ && !launched_) {
        early_connection_ = std::move(connection);
        return;
    }
    auto const daemon = launcher_ ? launcher_->daemon_behind(connection.number()) : nullptr;
    if (!machine_ || failure_) {
        if (daemon)
            kill_in_background(daemon);  // too late
    } else if (!daemon) {
        if (!await_process())
            give_up(make_error_code(errc::disconnected));
    } else if (take_daemon(daemon)) {
        machine_start::connect(std::move(connection));
    }
}

/// @return false if the start has failed
bool launching::take_daemon(std::shared_ptr<child const> const& which)
try {
    take(launcher_->adopt(machine_->executor(), which));
    launcher_->retire();  // not earlier: until the daemon is the machine's, the end of the launcher completes a start that fails
    return true;
} catch (boost::system::system_error const& error) {
    kill_in_background(which);
    give_up(error.code());
    return false;
} catch (std::bad_alloc const&) {
    kill_in_background(which);
    give_up(make_error_code(errc::out_of_memory));
    return false;
}

// ------------------------------------------------------------------------------------------------------------------------------

void launching::connected(error_code error)
{
    if (!machine_ || failure_)
        return;
    if (!error) {
        ready_ = true;
        if (launched_)
            complete({}, {});
        return;  // otherwise take_process() does it
    }
    if (error != errc::disconnected)
        return give_up(error);
    failure_ = error;
    auto const patience = deadline_after(exit_grace);
    bool const bounded = machine_->spec().start_timeout > 0s;
    arm_deadline(bounded ? std::min(patience, deadline_->expiry()) : patience);
}

// The start of a program on a file system that hangs cannot be ended, but the caller need not wait for it.
void launching::expire()
{
    if (!failure_)
        failure_ = make_error_code(errc::timed_out);
    if (!machine_->process().exists() && !launcher_ && launch_->abandon())
        fail_with_reason();
    else
        give_up(failure_);
}

void launching::give_up(error_code why)
{
    if (!machine_)
        return;
    if (!failure_)
        failure_ = why;
    if (!machine_->process().exists() && !launcher_) {
        if (launch_->drop())
            fail_with_reason();
        return;  // otherwise take_process() calls this again
    }
    if (!machine_->process().exists() && launcher_->status())
        return fail_with_reason();
    killed_ = true;
    deadline_->cancel();
    if (machine_->process().exists())
        machine_->process().signal(SIGKILL);
    else
        launcher_->signal(SIGKILL);
    stop_accepting();
    machine_->monitor()->close();
}

void launching::process_ended()
{
    machine_->monitor()->close();
    fail_with_reason();
}

void launching::fail_with_reason()
{
    stop_accepting();
    std::string const name = name_of(machine_->spec().program);
    std::string const limit = in_seconds(machine_->spec().start_timeout);
    bool const is_launched = machine_->process().exists() || launcher_;
    bool const is_launcher = launcher_ && !machine_->process().exists();
    std::string const errors = is_launcher ? launcher_->standard_error() : machine_->process().standard_error();
    auto const status = is_launcher ? launcher_->status() : exit_status_in(machine_->process().end());
    bool const is_detached = is_launcher && launcher_->has_forked();
    bool const by_itself = status && !killed_ && !is_detached;
    error_code const code = by_itself ? make_error_code(errc::machine_exited) : failure_;
    std::ostringstream text;
    if (by_itself)
        text << name << ' ' << *status << " before it was ready" << last_lines_of(errors);
    else if (is_detached)
        text << name << " went to the background and did not connect (" << code.message()
             << "); it may still be running: look for its process";
    else if (code == errc::timed_out && !is_launched)
        text << name << " was not started within " << limit << " s: programs are started one after the other";
    else if (code == errc::timed_out)
        text << name << " was not ready within " << limit << " s and was killed" << last_lines_of(errors);
    else if (code == asio::error::operation_aborted && listener_closed_)
        text << "the listener was closed before " << name << " connected";
    else if (code == asio::error::operation_aborted)
        text << "the start of " << name << " was cancelled";
    else if (!is_launched)
        text << "cannot start " << name << ": " << code.message();
    else
        text << "cannot talk to " << name << " (" << code.message() << "); it was killed" << last_lines_of(errors);
    complete(code, start_diagnostics(text.str(), by_itself ? status : std::nullopt, errors));
}

void launching::abandon() noexcept
{
    if (launch_)
        launch_->abandon();
    machine_start::abandon();
}

}  // namespace coqmp::detail
