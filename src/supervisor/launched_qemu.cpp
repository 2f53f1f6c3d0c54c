#include "supervisor/launched_qemu.hpp"

#include "detail/json_access.hpp"
#include "detail/small_file.hpp"
#include "machine/machine_impl.hpp"
#include "process/helper_thread.hpp"
#include "process/process_identity.hpp"
#include "session/session_impl.hpp"

#include <coqmp/command.hpp>
#include <coqmp/error.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/start_failed.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;
using boost::system::system_error;

namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_adoptions = 1s;

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

process_end not_started(std::optional<machine_end> const& known)
{
    process_end result;
    if (known)
        result.end = *known;
    if (!known || result.end.reason == end_reason::unknown)
        result.end.reason = end_reason::failed_start;
    return result;
}

/// The earlier supervisor may have been in this program.
void await_pending_writes()
{
    std::promise<void> done;
    helper_thread::for_files().run([&done] { done.set_value(); });
    done.get_future().wait();
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
                             std::string const& directory, qemu_owner& owner)
    : executor_(std::move(executor)),
      home_(std::move(home)),
      spec_(directory.empty() ? std::move(spec) : outliving(std::move(spec), machine_directory(directory))),
      owner_(&owner)
{
    if (directory.empty())
        return;
    machine_directory const files(directory);
    place_ = place{files, std::make_shared<listener>(executor_, endpoint::unix_socket(files.monitor()))};
}

std::optional<machine_record> launched_qemu::record() const
{
    if (place_)
        await_pending_writes();
    return place_ ? machine_record::load(place_->files.record()) : std::nullopt;
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

void launched_qemu::make_machine()
{
    is_ready_ = false;
    ++number_;
    machine_.emplace(executor_, spec_);
    events_ = machine_->session().subscribe();  // before the start, so that it misses no event
}

void launched_qemu::launch()
try {
    make_machine();
    auto done = of_this_machine([](launched_qemu& self, std::exception_ptr failure) { self.started(failure); });
    machine_route route;
    std::optional<descriptor> lock;
    if (place_) {
        route = impl_of(*place_->monitor);
        lock = place_->files.lock();  // the next supervisor must not launch a second QEMU, even if there is no record of this one
    }
    initiate<void(std::exception_ptr), &start_machine_launch>(impl_of(*machine_), std::move(done), std::move(route),
                                                              std::move(lock));
} catch (...) {
    auto failed = of_this_machine([text = explained_failure(std::current_exception()).second](launched_qemu& self) {
        self.end(not_started(std::nullopt), text);
    });
    asio::post(executor_, std::move(failed));
}

void launched_qemu::started(std::exception_ptr const& failure)
{
    if (failure)
        return end(not_started(machine_->end()), explained_failure(failure).second);
    write_record();
    ready(false);
}

void launched_qemu::ready(bool is_out_of_space_listed)
{
    is_ready_ = true;
    pid_ = machine_->pid();
    auto over = of_this_machine([](launched_qemu& self, error_code, session_end const&) { self.session_ended(); });
    auto gone = of_this_machine([](launched_qemu& self, error_code error, exit_status) {
        if (!error)
            self.exited();
    });
    machine_->session().async_wait_closed(std::move(over));
    machine_->async_wait(std::move(gone));
    owner_->connected(machine_->session().out_of_band_enabled(), is_out_of_space_listed);
    read_events();
}

// The record is what the next supervisor looks for. Until it is written, the lock that QEMU inherits protects the machine.
void launched_qemu::write_record()
{
    if (!place_)
        return;
    auto write = [path = place_->files.record(), text = to_string(machine_->record()) + '\n', home = home_,
                  weak = weak_from_this()] {
        try {
            replace_small_file_on_disk(path, text);
        } catch (system_error const& failure) {
            home->post([weak, why = std::string(failure.what())] {
                if (auto const self = weak.lock(); self && self->owner_ != nullptr)
                    self->owner_->wrote("the next supervisor will not find it: " + why);
            });
        }
    };
    helper_thread::for_files().run(std::move(write));
}

// ---- A QEMU of an earlier supervisor ---------------------------------------------------------------------------------------

void launched_qemu::adopt(machine_record const& which)
try {
    adopted_ = which;
    pid_ = which.process;
    make_machine();
    auto done = of_this_machine([](launched_qemu& self, std::exception_ptr failure) { self.adopted(failure); });
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
        return look_for_full_disks();
    }
    auto const [code, text] = explained_failure(failure);
    if (code == errc::not_the_machine || code == errc::machine_exited)
        return end({}, {});
    owner_->wrote(text);
    events_.reset();
    machine_.reset();  // QEMU keeps running
    next_adoption_.emplace(executor_, pause_between_adoptions);
    next_adoption_->async_wait(of_this_machine([](launched_qemu& self, error_code interrupted) {
        if (!interrupted && self.adopted_)
            self.adopt(machine_record(*self.adopted_));
    }));
}

// What happened in the gap is not known. A disk that has no space left is seen.
void launched_qemu::look_for_full_disks()
{
    auto done = of_this_machine(
        [](launched_qemu& self, error_code error, reply const& answer) { self.ready(!error && lists_full_disks(answer)); });
    start_execute(impl_of(machine_->session()), {asio::bind_executor(executor_, std::move(done)), executor_},
                  command("query-block").timeout(5s));
}

// QEMU's end closes the connection first, and the end of the process says more.
void launched_qemu::reconnect()
{
    next_adoption_.emplace(executor_, pause_between_adoptions);
    next_adoption_->async_wait(of_this_machine([](launched_qemu& self, error_code interrupted) {
        if (!interrupted)
            self.adopt_again();
    }));
}

void launched_qemu::adopt_again()
{
    if (!place_)
        return owner_->wrote("the connection has ended, and there is no other: the machine is silent until it ends");
    try {
        auto const record = machine_->release();
        events_.reset();
        machine_.reset();
        adopt(record);
    } catch (system_error const& failure) {
        owner_->wrote(std::string("cannot connect again: ") + failure.what());
    }
}

// ---- Its life --------------------------------------------------------------------------------------------------------------

void launched_qemu::read_events()
{
    auto received = of_this_machine([](launched_qemu& self, error_code error, event const& what) {
        if (error)
            return;  // the end of the stream
        self.owner_->happened(what);
        if (self.events_)
            self.read_events();
    });
    events_->async_next(asio::bind_executor(executor_, std::move(received)));
}

void launched_qemu::session_ended()
{
    is_ready_ = false;
    owner_->disconnected();
}

void launched_qemu::exited()
{
    process_end what;
    what.end = machine_->end().value_or(machine_end());
    auto rest = std::exchange(events_, std::nullopt);
    while (auto const each = rest->try_next())
        owner_->happened(*each);
    end(what, {});
}

void launched_qemu::end(process_end const& what, std::string const& failure)
{
    ++number_;
    is_ready_ = false;
    pid_ = -1;
    events_.reset();
    machine_.reset();
    adopted_.reset();
    next_adoption_.reset();
    if (place_)
        helper_thread::for_files().run([path = place_->files.record()] { ::unlink(path.c_str()); });
    owner_->ended(what, failure);
}

void launched_qemu::shut_down(shutdown_options const& options)
{
    if (machine_ && !adopted_)
        machine_->async_shutdown(options, [](error_code, exit_status) {});
    else
        signal_unadopted(SIGTERM);
}

void launched_qemu::kill()
{
    if (machine_ && !adopted_)
        machine_->kill();
    else
        signal_unadopted(SIGKILL);
}

// Its monitor is not connected, but the process is known.
void launched_qemu::signal_unadopted(int number)
try {
    if (!adopted_)
        return;
    process_identity const identity{adopted_->process, adopted_->start_time, adopted_->boot_id};
    if (auto const found = find_process(identity))
        signal_in_background(found, number);
} catch (system_error const& failure) {
    owner_->wrote(std::string("cannot end it: ") + failure.what());
}

void launched_qemu::release()
{
    if (adopted_) {  // it lives on anyway
        machine_.reset();
    } else {
        machine_->release();
        machine_.reset();
    }
    ++number_;
    is_ready_ = false;
    pid_ = -1;
    events_.reset();
    adopted_.reset();
    next_adoption_.reset();
}

void launched_qemu::abandon() noexcept
{
    owner_ = nullptr;
    is_ready_ = false;
    events_.reset();
    machine_.reset();
    next_adoption_.reset();
    place_.reset();
    executor_ = asio::any_io_executor();
}

std::shared_ptr<session_impl> launched_qemu::monitor() const
{
    return is_ready_ ? impl_of(*machine_)->monitor() : nullptr;
}

}  // namespace coqmp::detail
