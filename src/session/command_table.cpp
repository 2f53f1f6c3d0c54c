#include "session/command_table.hpp"

#include "detail/cancellation.hpp"
#include "detail/outcome.hpp"

#include <boost/asio/error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

// The kernel would report an error of the socket, which would end the session.
bool has_closed_descriptor(command const& checked)
{
    auto const is_closed = [](descriptor const& carried) { return ::fcntl(carried.number(), F_GETFD) < 0; };
    return std::ranges::any_of(checked.descriptors(), is_closed);
}

}  // namespace

void command_table::submit(std::shared_ptr<pending_command>&& command, bool is_open)
{
    pending_command& submitted = *command;
    submitted.self = std::move(command);
    active_.push_back(submitted);
    if (submitted.cancelled)
        finish(submitted, asio::error::operation_aborted);
    else if (auto const error = accept(submitted, is_open))
        finish(submitted, with_outcome(error, outcome::not_sent));
}

// When there is no memory, an exception must not leave the command in a list: for its caller the command would then complete
// twice.
error_code command_table::accept(pending_command& command, bool is_open)
try {
    if (!is_open)
        return make_error_code(errc::disconnected);
    if (has_closed_descriptor(command.command()))
        return make_error_code(errc::closed_descriptor);
    deadlines_.add(command, command.command().timeout().value_or(default_timeout_));
    return dialogue_.submit(command);
} catch (std::bad_alloc const&) {
    // A trace hook can run out of memory when the command is already on its way.
    bool const is_submitted = command.state() != protocol::request::stage::idle;
    return is_submitted ? error_code() : make_error_code(errc::out_of_memory);
}

void command_table::withdraw(pending_command& command) noexcept
{
    finished_.erase(finished_.iterator_to(command));
    auto const dropped = std::exchange(command.self, nullptr);
}

void command_table::cancel(pending_command& command, asio::cancellation_type kind)
{
    using protocol::request;
    if (!command.self)  // on its way here, or done
        command.cancelled = true;
    else if (command.state() == request::stage::queued || (asks_to_abandon(kind) && command.state() == request::stage::in_flight))
        abandon(command, asio::error::operation_aborted);
}

// The last one first: abandoning one may make room for those behind it, and no expired command may be sent then.
void command_table::expire_commands(deadlines::time_point now)
{
    for (auto next = active_.end(); next != active_.begin();) {
        pending_command& each = *--next;
        if (each.deadline > now)
            continue;
        bool const on_wire = each.state() == protocol::request::stage::in_flight;
        ++next;
        abandon(each, with_outcome(errc::timed_out, on_wire ? outcome::unknown : outcome::not_sent));
    }
}

void command_table::abandon(pending_command& command, error_code reason)
{
    finish(command, reason);
    dialogue_.abandon(command);
}

void command_table::finish(pending_command& command, error_code error)
{
    take_from_active(command);
    command.error = error;
    if (error) {
        bool const aborted_on_wire =
            error == asio::error::operation_aborted && command.state() == protocol::request::stage::in_flight;
        command.answer() = reply::unanswered(aborted_on_wire || error == errc::outcome_unknown);
    }
    if (error || !command.receiver) {  // the dialogue may still refer to a command that has no answer
        finished_.push_back(command);
        return;
    }
    auto const answered = std::exchange(command.self, nullptr);
    answered->complete();
}

void command_table::answer_as_text(protocol::request& answered, std::string_view value)
{
    pending_command& command = pending_command::of(answered);
    take_from_active(command);
    auto const self = std::exchange(command.self, nullptr);
    command.receiver->completed_as_text(value);
}

void command_table::finish_all(error_code reason)
{
    while (!active_.empty()) {
        pending_command& next = active_.front();
        finish(next, with_outcome(reason, dialogue_.was_sent(next) ? outcome::unknown : outcome::not_sent));
    }
}

void command_table::destroy_handlers() noexcept
{
    for (command_list* list : {&active_, &finished_})
        while (!list->empty()) {
            // Destroying a handler can destroy anything, but adds no command: nothing can be started without an executor.
            auto const dropped = std::exchange(list->front().self, nullptr);
            list->pop_front();
            dropped->handler.reset();  // that of a coroutine owns the command
            dropped->receiver.reset();
        }
}

void command_table::dispatch()
{
    // A handler may run the context itself, and so this function: then there are fewer than there were.
    for (std::size_t waiting = finished_.size(); waiting != 0 && !finished_.empty(); --waiting) {
        auto const next = std::exchange(finished_.front().self, nullptr);
        finished_.pop_front();
        next->complete();
    }
}

}  // namespace coqmp::detail
