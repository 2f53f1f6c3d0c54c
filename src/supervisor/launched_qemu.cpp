#include "supervisor/launched_qemu.hpp"

#include "detail/awaited_result.hpp"
#include "detail/json_access.hpp"
#include "detail/small_file.hpp"
#include "machine/machine_impl.hpp"
#include "process/account.hpp"
#include "process/helper_thread.hpp"
#include "process/process_identity.hpp"
#include "session/session_impl.hpp"
#include "supervisor/last_events.hpp"
#include "supervisor/monitor_access.hpp"

#include <coqmp/command.hpp>
#include <coqmp/error.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/start_failed.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;
using boost::system::system_error;

namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_adoptions = 1s;
constexpr auto pause_between_records = 5s;

machine_spec outliving(machine_spec spec, machine_directory const& files)
{
    spec.outlives_us = true;
    if (spec.standard_error.type() == output_target::kind::discarded)
        spec.standard_error = output_target::file(files.log());
    if (spec.standard_output.type() == output_target::kind::inherited)
        spec.standard_output = output_target::file(files.log());
    return spec;
}

/// What an exception says, and its code.
std::pair<error_code, std::string> explained_failure(std::exception_ptr const& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (system_error const& error) {
        return {error.code(), error.what()};
    } catch (std::exception const& error) {
        return {make_error_code(errc::out_of_memory), error.what()};
    }
}

process_end not_started(std::optional<machine_end> const& known, bool is_out_of_memory)
{
    process_end result;
    result.is_out_of_memory = is_out_of_memory;
    if (known)
        result.end = *known;
    if (!known || result.end.reason == end_reason::unknown)
        result.end.reason = end_reason::failed_start;
    return result;
}

std::string record_text(machine const& which)
{
    return to_string(which.record()) + '\n';
}

/// @throws std::bad_alloc it will not be written
void write_in_background(helper_thread::work task)
{
    try {
        helper_thread::for_files().run(task);
    } catch (std::system_error const&) {  // no thread
        task();
    }
}

/// @throws boost::system::system_error as replace_small_file_on_disk()
void write_after_earlier_work(std::string const& path, std::string const& text)
{
    helper_thread::for_files().catch_up();  // a write of the same file may be in progress
    replace_small_file_on_disk(path, text);
}

/// Whether `query-block` lists disks that have no space left, and none with another error.
bool lists_full_disks(reply const& answer)
{
    bool is_full = false;
    if (!answer.has_value() || !answer.value().is_array())
        return false;
    for (auto const& each : answer.value().as_array()) {
        auto const* const disk = each.if_object();
        std::string_view const status = disk != nullptr ? text_in(*disk, "io-status") : std::string_view();
        if (status == "failed")
            return false;
        is_full = is_full || status == "nospace";
    }
    return is_full;
}

}  // namespace

launched_qemu::launched_qemu(asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, machine_spec spec,
                             std::string const& directory, std::shared_ptr<void const> lock, qemu_owner& owner)
    : executor_(std::move(executor)),
      home_(std::move(home)),
      spec_(directory.empty() ? std::move(spec) : outliving(std::move(spec), machine_directory(directory))),
      owner_(&owner)
{
    if (directory.empty())
        return;
    machine_directory const files(directory);
    files.require_ownership();
    place_ = place{files, std::move(lock), std::make_shared<listener>(executor_, endpoint::unix_socket(files.monitor()))};
    user_ = user_of(spec_);
    open_monitor_to(user_);
}

// The socket belongs to the user of the QEMU that is to connect, which is not always the one of the next launch.
void launched_qemu::open_monitor_to(::uid_t user)
{
    if (user == ::geteuid() && admitted_ == user)
        return;
    std::string const socket = place_->files.monitor();
    detail::open_monitor_to(user, std::filesystem::path(socket).parent_path(), socket);
    admitted_ = user;
}

void launched_qemu::limit_log(std::uint64_t bytes)
{
    if (place_)
        log_ = std::make_shared<bounded_log>(executor_, home_, place_->files.log(), bytes, place_->lock);
}

std::optional<machine_record> launched_qemu::find(lock_holders& locks)
{
    auto const found = place_ ? place_->files.find(spec_, &locks) : std::nullopt;
    has_record_ = found && found->is_recorded;
    return found ? std::optional(found->record) : std::nullopt;
}

template <class Member>
auto launched_qemu::of_this_machine(Member member)
{
    return [weak = weak_from_this(), number = number_, member](auto&&... arguments) {
        auto const self = weak.lock();
        if (self && self->owner_ != nullptr && self->number_ == number)
            member(*self, std::forward<decltype(arguments)>(arguments)...);
    };
}

// ---- Starting --------------------------------------------------------------------------------------------------------------

void launched_qemu::apply(machine_spec spec)
{
    spec_ = place_ ? outliving(std::move(spec), place_->files) : std::move(spec);
    if (place_)
        user_ = user_of(spec_);
}

void launched_qemu::make_machine()
{
    is_ready_ = is_disconnected_ = false;
    ++number_;
    if (log_)
        log_->watch();
    machine_.emplace(executor_, spec_);
    events_ = machine_->session().subscribe();  // before the start, so that it misses no event
}

void launched_qemu::launch()
try {
    seen_ = {};
    oom_kills_ = oom_kills(spec_.cgroup);
    make_machine();
    auto done = of_this_machine([](launched_qemu& self, std::exception_ptr failure) { self.started(failure); });
    machine_route route;
    std::optional<descriptor> lock;
    if (place_) {
        open_monitor_to(user_);
        route = impl_of(*place_->monitor);
        lock = place_->files.lock();  // the next supervisor must not launch a second QEMU, even if there is no record of this one
    }
    initiate<void(std::exception_ptr), &start_machine_launch>(impl_of(*machine_), std::move(done), std::move(route),
                                                              std::move(lock));
} catch (...) {
    auto failed = of_this_machine([text = explained_failure(std::current_exception()).second](launched_qemu& self) {
        self.end(not_started(std::nullopt, false), text);
    });
    asio::post(executor_, std::move(failed));
}

void launched_qemu::started(std::exception_ptr const& failure)
{
    if (failure)
        return end(not_started(machine_->end(), oom_kills_.have_grown()), explained_failure(failure).second);
    ready(false);
}

void launched_qemu::ready(bool is_out_of_space_listed)
{
    is_ready_ = true;
    seen_.ready();
    pid_ = machine_->pid();
    keep_monitor();
    auto over = of_this_machine([](launched_qemu& self, error_code, session_end const&) { self.session_ended(); });
    auto gone = of_this_machine([](launched_qemu& self, error_code error, exit_status) {
        if (!error)
            self.exited();
    });
    machine_->session().async_wait_closed(std::move(over));
    machine_->async_wait(std::move(gone));
    read_events();
    owner_->connected(machine_->session().out_of_band_enabled(), is_out_of_space_listed);  // this may release it
    if (is_ready_)
        write_record();
}

// The record is what the next supervisor looks for. Until it is written, the lock that QEMU inherits protects the machine.
void launched_qemu::write_record()
try {
    if (!place_ || has_record_)
        return;
    auto written = of_this_machine([](launched_qemu& self, std::exception_ptr failure) { self.record_written(failure); });
    auto const result = std::make_shared<awaited_result<std::exception_ptr>>(home_, std::move(written));
    auto write = [path = place_->files.record(), text = record_text(*machine_), result, lock = place_->lock] {
        std::exception_ptr failure;
        try {
            replace_small_file_on_disk(path, text);
        } catch (...) {
            failure = std::current_exception();
        }
        result->deliver(std::move(failure));
    };
    write_in_background(std::move(write));
} catch (system_error const&) {
    // QEMU has ended, or is being ended: there is nothing to adopt later.
} catch (std::bad_alloc const&) {
    record_written(std::current_exception());
}

void launched_qemu::record_written(std::exception_ptr const& failure)
{
    has_record_ = failure == nullptr;
    if (has_record_)
        return complaint_.clear();
    auto const text = explained_failure(failure).second;
    if (std::exchange(complaint_, text) != text)
        owner_->wrote("its record could not be stored: " + text);
    next_record_.emplace(executor_, pause_between_records);
    next_record_->async_wait(of_this_machine([](launched_qemu& self, error_code interrupted) {
        if (!interrupted && self.is_ready_)
            self.write_record();
    }));
}

// ---- A QEMU of an earlier supervisor ---------------------------------------------------------------------------------------

void launched_qemu::adopt(machine_record const& which)
try {
    if (pid_ != which.process) {
        seen_ = {};
        oom_kills_ = oom_kills(spec_.cgroup);
    }
    seen_.ready();
    adopted_ = which;
    pid_ = which.process;
    make_machine();
    if (auto const user = user_of(which.process))
        open_monitor_to(*user);
    auto done = of_this_machine([](launched_qemu& self, std::exception_ptr failure) { self.adopted(failure); });
    kept_ = store_ ? store_->take(which) : std::nullopt;
    if (kept_)
        return initiate<void(std::exception_ptr), &start_machine_resumption>(
            impl_of(*machine_), std::move(done), machine_route(impl_of(*place_->monitor)), which, kept_connection(*kept_));
    initiate<void(std::exception_ptr), &start_machine_adoption>(impl_of(*machine_), std::move(done),
                                                                machine_route(impl_of(*place_->monitor)), which);
} catch (...) {
    auto failed = of_this_machine([why = std::current_exception()](launched_qemu& self) { self.adopted(why); });
    asio::post(executor_, std::move(failed));
}

void launched_qemu::adopted(std::exception_ptr const& failure)
{
    if (!failure) {
        impl_of(*machine_)->process().take_back();
        adopted_.reset();
        kept_.reset();
        complaint_.clear();
        if (wanted_end_)
            shut_down(*wanted_end_);
        return look_for_full_disks();
    }
    auto const [code, text] = explained_failure(failure);
    take_queued_events();
    if (code == errc::not_the_machine || code == errc::machine_exited) {
        if (kept_ && code == errc::not_the_machine)  // it was not connected with
            for (event const& each : last_events(*kept_, spec_.session))
                happened(each);
        return end(as_seen({}), {});
    }
    if (kept_)
        return adopt_without_kept(code == errc::disconnected ? std::string() : text);
    if (std::exchange(complaint_, text) != text)
        owner_->wrote(text);
    events_.reset();
    machine_.reset();  // QEMU keeps running
    next_adoption_.emplace(executor_, pause_between_adoptions);
    next_adoption_->async_wait(of_this_machine([](launched_qemu& self, error_code interrupted) {
        if (!interrupted && self.adopted_)
            self.adopt(machine_record(*self.adopted_));
    }));
}

// QEMU dials again when the connection has ended. The store has a descriptor of it, too, so it does not end when it is closed here.
/// @param failure for the log; empty: the connection has ended, most often because QEMU is ending
void launched_qemu::adopt_without_kept(std::string const& failure)
{
    if (!failure.empty())
        owner_->wrote("events of the time without a supervisor may be lost: " + failure);
    ::shutdown(kept_->socket.number(), SHUT_RDWR);
    drop_monitor();
    machine_.reset();  // QEMU keeps running
    adopt(machine_record(*adopted_));
}

// Events in the gap may be lost, but disks that have no space left can still be found.
void launched_qemu::look_for_full_disks()
{
    auto done = of_this_machine(
        [](launched_qemu& self, error_code error, reply const& answer) { self.ready(!error && lists_full_disks(answer)); });
    start_execute(impl_of(machine_->session()), {asio::bind_executor(executor_, std::move(done)), executor_},
                  command("query-block").timeout(5s));
}

// ---- The connection in the store -------------------------------------------------------------------------------------------

// Not before the session is ready: the next supervisor only goes on with a connection that has been negotiated.
void launched_qemu::keep_monitor()
try {
    if (!store_ || !spec_.session.negotiate)
        return;
    auto const monitor = impl_of(*machine_)->monitor();
    bool const is_kept =
        store_->keep(machine_->record(), machine_->session().out_of_band_enabled(), monitor->duplicate_connection());
    monitor->share_connection(is_kept);
} catch (std::exception const&) {
    // QEMU is ending, or the connection has ended: there is nothing to keep.
}

void launched_qemu::drop_monitor() noexcept
try {
    kept_.reset();
    if (store_)
        store_->drop();
} catch (std::bad_alloc const&) {
    // It is dropped when the next connection is kept.
}

/// @param is_shared whether the end of our session is to end the connection, although the store has a descriptor of it
void launched_qemu::share_monitor(bool is_shared) noexcept
{
    if (store_ && machine_)
        impl_of(*machine_)->monitor()->share_connection(is_shared);
}

// ---- Other connections -----------------------------------------------------------------------------------------------------

// When QEMU ends, its connection closes first. The end of the process says more, so it gets time to arrive.
// This step may have waited for the disk, until QEMU has ended or another one has been launched.
void launched_qemu::reconnect()
{
    if (!is_disconnected_)
        return;
    next_adoption_.emplace(executor_, pause_between_adoptions);
    next_adoption_->async_wait(of_this_machine([](launched_qemu& self, error_code interrupted) {
        if (!interrupted)
            self.adopt_again();
    }));
}

void launched_qemu::adopt_again()
{
    if (!place_ && seen_.is_announced())
        return;  // it needs a moment to end
    if (!place_)
        return owner_->wrote("the connection to QEMU has ended and cannot be renewed: the machine stays silent until QEMU ends");
    try {
        auto const record = machine_->release();
        events_.reset();
        machine_.reset();
        adopt(record);
    } catch (system_error const& failure) {
        owner_->wrote(std::string("cannot reconnect to QEMU: ") + failure.what());
    }
}

// ---- Its life --------------------------------------------------------------------------------------------------------------

void launched_qemu::read_events()
{
    auto received = of_this_machine([](launched_qemu& self, error_code error, event const& what) {
        if (error)
            return;  // the end of the stream
        self.happened(what);
        if (self.events_)
            self.read_events();
    });
    events_->async_next(asio::bind_executor(executor_, std::move(received)));
}

void launched_qemu::happened(event const& what)
{
    static event_filter const announces_ends = end_record::filter();
    if (announces_ends.accepts(what))
        seen_.take(what);
    owner_->happened(what);
}

void launched_qemu::session_ended()
{
    is_ready_ = false;
    is_disconnected_ = true;
    drop_monitor();
    owner_->disconnected();
}

void launched_qemu::exited()
{
    auto const known = machine_->end().value_or(machine_end());
    take_queued_events();
    end(as_seen(known), {});
}

void launched_qemu::take_queued_events()
{
    auto rest = std::exchange(events_, std::nullopt);
    while (auto const each = rest->try_next())
        happened(*each);
}

// An adopted machine knows only the events of its own connection.
process_end launched_qemu::as_seen(machine_end const& known) const
{
    process_end result;
    result.end = known.reason == end_reason::unknown ? seen_.end(known.status) : known;
    result.is_out_of_memory = known.status.signal == SIGKILL && oom_kills_.have_grown();
    return result;
}

void launched_qemu::end(process_end const& what, std::string const& failure)
{
    drop_monitor();
    forget_process();
    if (log_)
        log_->finish();
    try {
        if (place_)
            write_in_background([path = place_->files.record(), lock = place_->lock] { ::unlink(path.c_str()); });
    } catch (std::bad_alloc const&) {
        // A record of a process that has ended does no harm.
    }
    owner_->ended(what, failure);
}

void launched_qemu::forget_process() noexcept
{
    ++number_;
    is_ready_ = is_disconnected_ = false;
    has_record_ = false;
    pid_ = -1;
    events_.reset();
    machine_.reset();
    wanted_end_.reset();
    adopted_.reset();
    kept_.reset();
    next_adoption_.reset();
    next_record_.reset();
    if (log_)
        log_->leave();
}

void launched_qemu::shut_down(shutdown_options const& options)
{
    if (options.budget < 0ns)
        return kill();
    wanted_end_ = options;
    if (machine_ && !adopted_)
        machine_->async_shutdown(options, [](error_code, exit_status) {});
    // Otherwise when it has been adopted: there is no gentle way without a monitor. At the end of the budget it is killed anyway.
}

void launched_qemu::extend_shutdown(std::chrono::nanoseconds by)
{
    if (!machine_ || adopted_)
        return;
    // As async_shutdown() does, and so after it.
    asio::post(executor_, [weak = std::weak_ptr(impl_of(*machine_)), by] {
        if (auto const machine = weak.lock())
            machine->extend_shutdown(by);
    });
}

void launched_qemu::kill()
{
    if (machine_ && !adopted_)
        machine_->kill();
    else
        kill_unadopted();
}

// Its monitor is not connected, but the process is known.
void launched_qemu::kill_unadopted() noexcept
try {
    if (!adopted_)
        return;
    process_identity const identity{adopted_->process, adopted_->start_time, adopted_->boot_id};
    if (auto const found = find_process(identity))
        signal_in_background(found, SIGKILL);
} catch (std::exception const& failure) {
    if (owner_ != nullptr)
        owner_->wrote(std::string("cannot kill QEMU: ") + failure.what());
}

// QEMU is released in any case: if there is no record, the lock that QEMU has inherited protects it. A missing record is rare, so
// this function may wait for the disk.
void launched_qemu::release()
{
    std::string text;
    share_monitor(false);         // it stays open in the store
    if (machine_ && !adopted_) {  // else there is none, or it lives on anyway
        if (wanted_end_)
            impl_of(*machine_)->leave_alone();
        else
            text = to_string(machine_->release()) + '\n';
    }
    bool const needs_record = place_ && !text.empty() && !has_record_;
    forget_process();
    if (needs_record)
        write_after_earlier_work(place_->files.record(), text);
}

void launched_qemu::abandon() noexcept
{
    owner_ = nullptr;
    if (adopted_ && !spec_.release_when_destroyed)
        kill_unadopted();
    if (spec_.release_when_destroyed)
        share_monitor(false);
    forget_process();
    log_.reset();
    place_.reset();
    executor_ = asio::any_io_executor();
}

std::shared_ptr<session_impl> launched_qemu::monitor() const
{
    return is_ready_ ? impl_of(*machine_)->monitor() : nullptr;
}

}  // namespace coqmp::detail
