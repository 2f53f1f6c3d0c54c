#include <coqmp/job.hpp>

#include "detail/outcome.hpp"
#include "following/operations.hpp"
#include "following/reported_run.hpp"
#include "job/job_impl.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/as_tuple.hpp>

#include <atomic>
#include <random>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace detail {

using reported_job_run = reported_run<job_impl, job_tracker>;

asio::any_io_executor executor_of(job_impl const& impl) noexcept
{
    return impl.executor();
}

void close_impl(job_impl& impl) noexcept
{
    impl.close();
}

job_impl_pointer impl_of(job const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
}

void start_job_start(job_impl_pointer const& impl, pending_handler<void(error_code, reply)>&& handler)
{
    if (!impl)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    begin_start(impl, std::move(handler));
}

namespace {

void start_end_wait(job_impl_pointer const& impl, pending_handler<void(error_code, job_end)>&& handler, purpose what)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected), job_end());
    begin_wait(impl, std::move(handler), what);
}

void start_progress_wait(job_impl_pointer const& impl, pending_handler<void(error_code, job_progress)>&& handler,
                         bool until_ready)
{
    if (!impl)
        return handler.post(make_error_code(until_ready ? errc::disconnected : errc::end_of_stream), job_progress());
    std::optional<job_tracker::goal_type> goal;
    if (until_ready)
        goal.emplace();
    begin_read(impl, std::move(handler), goal);
}

}  // namespace

void start_job_wait(job_impl_pointer const& impl, pending_handler<void(error_code, job_end)>&& handler)
{
    start_end_wait(impl, std::move(handler), purpose::wait);
}

void start_job_run(job_impl_pointer const& impl, pending_handler<void(error_code, job_end)>&& handler)
{
    start_end_wait(impl, std::move(handler), purpose::run);
}

void start_job_reported_run(job_impl_pointer const& impl, reported_job_run::handler_type&& handler,
                            reported_job_run::function on_progress)
{
    std::make_shared<reported_job_run>(impl, std::move(on_progress), std::move(handler))->start();
}

void start_job_cancel(job_impl_pointer const& impl, pending_handler<void(error_code, job_end)>&& handler)
{
    start_end_wait(impl, std::move(handler), purpose::cancel);
}

void start_job_wait_ready(job_impl_pointer const& impl, pending_handler<void(error_code, job_progress)>&& handler)
{
    start_progress_wait(impl, std::move(handler), true);
}

void start_job_next(job_impl_pointer const& impl, pending_handler<void(error_code, job_progress)>&& handler)
{
    start_progress_wait(impl, std::move(handler), false);
}

void start_job_control(job_impl_pointer const& impl, pending_handler<void(error_code, reply)>&& handler, job_verb verb)
{
    if (!impl)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    begin_control(impl, std::move(handler), verb);
}

}  // namespace detail

namespace {

using job_pointer = detail::job_impl_pointer;
using progress_function = detail::reported_job_run::function;

/// Numbers for the ids of jobs, which no other client chooses.
std::uint64_t next_number()
{
    static std::atomic<std::uint64_t> last(std::uint64_t{std::random_device()()} << 16);
    return last.fetch_add(1, std::memory_order_relaxed);
}

job_pointer make_job(session const& on, command request, schema const& known)
{
    auto start = detail::prepare_start(std::move(request), on.greeting().version, next_number(), known);
    return std::make_shared<detail::job_impl>(on.get_executor(), detail::impl_of(on), on.greeting().version, std::move(start.id),
                                              start.dismisses, std::move(start.what));
}

void throw_unless_completed(std::string const& id, job_end const& end)
{
    if (end.outcome != job_outcome::completed)
        throw job_failed(id, end);
}

// The coroutines hold the implementation, not the job: the job may be moved or destroyed while they wait.

asio::awaitable<void> wait_for_end(job_pointer impl, std::string name)
{
    auto operation = detail::initiate<void(error_code, job_end), &detail::start_job_wait>(impl, asio::as_tuple(asio::deferred));
    auto [error, end] = co_await std::move(operation);
    if (error)
        throw system_error(error, "job " + name);
    throw_unless_completed(name, end);
}

/// @param on_progress empty: the progress is not read
/// @param what names the job in an exception
asio::awaitable<job_end> run_to_end(job_pointer impl, progress_function on_progress, std::string what)
{
    auto operation = detail::initiate<void(error_code, job_end, std::exception_ptr), &detail::start_job_reported_run>(
        impl, asio::as_tuple(asio::deferred), std::move(on_progress));
    auto [error, end, failure] = co_await std::move(operation);
    if (failure)
        std::rethrow_exception(failure);
    if (error)
        throw system_error(error, what);
    co_return std::move(end);
}

asio::awaitable<void> run_existing(job_pointer impl, progress_function on_progress, std::string name)
{
    auto running = run_to_end(std::move(impl), std::move(on_progress), "job " + name);
    job_end const end = co_await std::move(running);
    throw_unless_completed(name, end);
}

asio::awaitable<job_state> wait_until_ready(job_pointer impl, std::string name)
{
    auto operation =
        detail::initiate<void(error_code, job_progress), &detail::start_job_wait_ready>(impl, asio::as_tuple(asio::deferred));
    auto [error, progress] = co_await std::move(operation);
    if (error)
        throw system_error(error, "job " + name);
    bool const needs_verb = progress.state == job_state::ready || progress.state == job_state::pending;
    if (!needs_verb)
        co_await wait_for_end(impl, name);
    co_return progress.state;
}

asio::awaitable<std::optional<job_progress>> next_of(job_pointer impl, std::string name)
{
    std::optional<job_progress> result;
    auto operation =
        detail::initiate<void(error_code, job_progress), &detail::start_job_next>(impl, asio::as_tuple(asio::deferred));
    auto [error, progress] = co_await std::move(operation);
    if (!error)
        result.emplace(progress);
    else if (error != errc::end_of_stream)
        throw system_error(error, "job " + name);
    co_return result;
}

asio::awaitable<void> control(job_pointer impl, std::string name, job_verb verb)
{
    std::string const request = detail::name_of(verb, detail::job_dialect::jobs);
    auto operation =
        detail::initiate<void(error_code, reply), &detail::start_job_control>(impl, asio::as_tuple(asio::deferred), verb);
    auto [error, answer] = co_await std::move(operation);
    if (error)
        throw system_error(error, request + ' ' + name);
    if (answer.has_error())
        throw command_failed(request, std::move(answer).error());
}

/// The coroutine of an operation on a moved-from job.
template <class Result>
asio::awaitable<Result> fail_without_job()
{
    throw system_error(with_outcome(errc::disconnected, outcome::not_sent), "job");
    co_return Result();
}

asio::awaitable<job> start_made(job made, std::string name)
{
    auto operation = made.async_start(asio::as_tuple(asio::deferred));
    auto [error, answer] = co_await std::move(operation);
    if (error)
        throw system_error(error, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    co_return std::move(made);
}

/// Keeps the reply to the command that started a job.
class keep_reply
{
public:
    explicit keep_reply(std::shared_ptr<reply> where) noexcept : where_(std::move(where)) {}
    void operator()(error_code, reply answer) const { *where_ = std::move(answer); }

private:
    std::shared_ptr<reply> where_;
};

asio::awaitable<void> run_made(job made, progress_function on_progress, std::string name)
{
    auto const answer = std::make_shared<reply>();
    made.async_start(keep_reply(answer));
    auto running = run_to_end(detail::impl_of(made), std::move(on_progress), name);
    job_end const end = co_await std::move(running);
    if (end.outcome == job_outcome::refused && answer->has_error())
        throw command_failed(name, std::move(*answer).error());
    throw_unless_completed(made.id(), end);
}

asio::awaitable<job> attach_made(job made)
{
    auto operation = made.async_next_progress(asio::as_tuple(asio::deferred));
    auto [error, progress] = co_await std::move(operation);
    if (error && error != errc::end_of_stream)
        throw system_error(error, "job " + made.id());
    if (error || progress.state == job_state::null)
        co_await made.wait();  // throws, unless the job has just completed
    co_return std::move(made);
}

asio::awaitable<std::vector<job_info>> list_jobs(std::shared_ptr<detail::session_impl> impl)
{
    std::string name = "query-jobs";
    auto first =
        detail::initiate<void(error_code, reply), &detail::start_execute>(impl, asio::as_tuple(asio::deferred), command(name));
    auto [error, answer] = co_await std::move(first);
    if (!error && answer.has_error() && answer.error().code() == error_class::command_not_found) {
        name = "query-block-jobs";
        auto second = detail::initiate<void(error_code, reply), &detail::start_execute>(impl, asio::as_tuple(asio::deferred),
                                                                                        command(name));
        auto [later_error, later_answer] = co_await std::move(second);
        error = later_error;
        answer = std::move(later_answer);
    }
    if (error)
        throw system_error(error, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    co_return detail::jobs_in(answer.value());
}

}  // namespace

asio::awaitable<job> start_job(session& on, command request, schema const& known)
{
    std::string name = request.name();
    return start_made(job(on, std::move(request), known), std::move(name));
}

asio::awaitable<void> run_job(session& on, command request, schema const& known)
{
    return run_job(on, std::move(request), nullptr, known);
}

asio::awaitable<void> run_job(session& on, command request, progress_function on_progress, schema const& known)
{
    std::string name = request.name();
    return run_made(job(on, std::move(request), known), std::move(on_progress), std::move(name));
}

asio::awaitable<std::vector<job_info>> find_jobs(session& on)
{
    auto impl = detail::impl_of(on);
    return impl ? list_jobs(std::move(impl)) : fail_without_job<std::vector<job_info>>();
}

asio::awaitable<job> attach_job(session& on, std::string id)
{
    return attach_made(job::with_id(on, std::move(id)));
}

job::job(session const& on, command request, schema const& known) : impl_(make_job(on, std::move(request), known)) {}

job job::with_id(session const& on, std::string id)
{
    return job(std::make_shared<detail::job_impl>(on.get_executor(), detail::impl_of(on), on.greeting().version, std::move(id),
                                                  false, std::nullopt));
}

job::executor_type job::get_executor() const noexcept
{
    return impl_->executor();
}

std::string job::id() const
{
    return impl_->id();
}

job_progress job::progress() const
{
    return impl_->published().newest();
}

void job::progress_interval(std::chrono::nanoseconds interval)
{
    impl_->published().set_interval(interval);
}

asio::awaitable<std::optional<job_progress>> job::next_progress()
{
    return impl_ ? next_of(impl_.pointer(), id()) : fail_without_job<std::optional<job_progress>>();
}

asio::awaitable<void> job::wait()
{
    return impl_ ? wait_for_end(impl_.pointer(), id()) : fail_without_job<void>();
}

asio::awaitable<job_state> job::wait_ready()
{
    return impl_ ? wait_until_ready(impl_.pointer(), id()) : fail_without_job<job_state>();
}

asio::awaitable<void> job::run(std::function<void(job_progress const&)> on_progress)
{
    return impl_ ? run_existing(impl_.pointer(), std::move(on_progress), id()) : fail_without_job<void>();
}

asio::awaitable<void> job::pause()
{
    return impl_ ? control(impl_.pointer(), id(), job_verb::pause) : fail_without_job<void>();
}

asio::awaitable<void> job::resume()
{
    return impl_ ? control(impl_.pointer(), id(), job_verb::resume) : fail_without_job<void>();
}

asio::awaitable<void> job::complete()
{
    return impl_ ? control(impl_.pointer(), id(), job_verb::complete) : fail_without_job<void>();
}

asio::awaitable<void> job::finalize()
{
    return impl_ ? control(impl_.pointer(), id(), job_verb::finalize) : fail_without_job<void>();
}

asio::awaitable<void> job::dismiss()
{
    return impl_ ? control(impl_.pointer(), id(), job_verb::dismiss) : fail_without_job<void>();
}

}  // namespace coqmp
