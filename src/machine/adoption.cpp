#include "machine/adoption.hpp"

#include "detail/deadline_after.hpp"
#include "listener/listener_impl.hpp"
#include "machine/machine_impl.hpp"
#include "process/process_identity.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/error_category.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// For the answer on a connection that was kept: after that, another connection is worth a try.
constexpr auto longest_wait = 30s;

}  // namespace

adoption::adoption(std::shared_ptr<machine_impl> machine, start_completion completion, remote_listener listener,
                   machine_record record, std::optional<kept_connection> kept)
    : machine_start(std::move(machine), std::move(completion), std::move(listener)),
      record_(std::move(record)),
      kept_(std::move(kept))
{}

void adoption::begin()
try {
    if (!take_process())
        return;
    has_begun_ = true;
    machine_->watch_events();
    if (kept_)
        return resume();
    if (!await_connection(peer_check{listener_->peer_user(), record_.process, nullptr}))
        return give_up(make_error_code(errc::disconnected));
    arm_deadline(optional_deadline_after(machine_->spec().start_timeout));
} catch (std::bad_alloc const&) {
    machine_->let_process_live();
    complete_without_memory();
}

void adoption::resume()
{
    std::chrono::nanoseconds const limit = machine_->spec().start_timeout;
    arm_deadline(deadline_after(limit > 0s ? std::min<std::chrono::nanoseconds>(limit, longest_wait) : longest_wait));
    machine_->monitor()->resume(kept_->has_out_of_band);
    unique_fd ours(::fcntl(kept_->socket.number(), F_DUPFD_CLOEXEC, 0));
    if (ours.number() < 0)
        return give_up({errno, boost::system::system_category()});
    connect(std::move(ours));
}

/// @return false if the adoption has failed: the process has ended, or cannot be watched
bool adoption::take_process()
try {
    process_identity identity{record_.process, record_.start_time, record_.boot_id};
    auto const found = find_process(identity);
    if (found)
        machine_->take(std::make_shared<process>(machine_->executor(), found), std::move(identity));
    else
        fail(errc::not_the_machine, "cannot adopt the machine: process " + std::to_string(record_.process) +
                                        " has ended, or its number now belongs to another process");
    return found != nullptr;
} catch (boost::system::system_error const& error) {
    fail(error.code(), "cannot adopt the machine: " + reason_for(error.code()));
    return false;
}

void adoption::connected(error_code error)
{
    if (!machine_ || failure_)
        return;
    if (error)
        give_up(error);
    else
        complete({}, {});
}

void adoption::expire()
{
    give_up(make_error_code(errc::timed_out));
}

void adoption::give_up(error_code why)
{
    if (!machine_)
        return;
    failure_ = why;
    stop_accepting();
    machine_->monitor()->close();
    machine_->let_process_live();
    fail(why, "cannot adopt the machine: " + reason_for(why));
}

void adoption::process_ended()
{
    stop_accepting();
    machine_->monitor()->close();
    fail(errc::machine_exited, "cannot adopt the machine: it ended before its monitor was connected");
}

std::string adoption::reason_for(error_code why) const
{
    if (kept_ && why == errc::timed_out)
        return "it does not answer on the connection that was kept";
    if (kept_ && why == errc::disconnected)
        return "the connection that was kept has ended";
    std::string const place = listener_->local().to_string();
    if (why == errc::timed_out)
        return "it did not connect to " + place + " within " + in_seconds(machine_->spec().start_timeout) + " s; process " +
               std::to_string(record_.process) + " is still running";
    if (why == errc::disconnected || listener_closed_)
        return "the listener was closed before QEMU connected, or the connection was lost";
    if (why == asio::error::operation_aborted)
        return "the adoption was cancelled";
    return why.message();
}

void start_machine_resumption(machine_impl_pointer const& impl, pending_handler<void(std::exception_ptr)>&& handler,
                              machine_route const& through, machine_record const& record, kept_connection const& kept)
{
    start_completion completion(std::move(handler));
    auto const slot = completion.slot();
    auto const start = std::make_shared<adoption>(impl, std::move(completion), (*through)->remote(), record, kept);
    machine_impl::start(impl, start, slot);
}

}  // namespace coqmp::detail
