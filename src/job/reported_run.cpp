#include "job/reported_run.hpp"

#include "following/operations.hpp"

#include <boost/asio/dispatch.hpp>

#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

/// The handler of the operation that runs the job. A cancellation of the caller's operation goes to that operation.
class reported_run::on_end
{
public:
    using cancellation_slot_type = asio::cancellation_slot;

    explicit on_end(std::shared_ptr<reported_run> whole) noexcept : whole_(std::move(whole)), slot_(whole_->handler_.slot()) {}

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }
    void operator()(error_code error, job_end end) const { whole_->ended(error, std::move(end)); }

private:
    std::shared_ptr<reported_run> whole_;
    asio::cancellation_slot slot_;
};

/// The handler of an operation that reads the progress.
class reported_run::on_news
{
public:
    using cancellation_slot_type = asio::cancellation_slot;

    explicit on_news(std::shared_ptr<reported_run> whole) noexcept : whole_(std::move(whole)) {}

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return whole_->stop_reading_.slot(); }
    void operator()(error_code error, job_progress const& progress) const { whole_->take(error, progress); }

private:
    std::shared_ptr<reported_run> whole_;
};

reported_run::reported_run(std::shared_ptr<job_impl> job, function on_progress, handler_type&& handler)
    : job_(std::move(job)), on_progress_(std::move(on_progress)), handler_(std::move(handler))
{}

void reported_run::start()
{
    begin_wait(job_, job_impl::end_handler(on_end(shared_from_this()), job_->executor()), purpose::run);
    asio::dispatch(job_->executor(), [self = shared_from_this()] { self->read(); });
}

void reported_run::read()
{
    if (has_ended_)
        return;
    is_reading_ = true;
    begin_read(job_, job_impl::progress_handler(on_news(shared_from_this()), job_->executor()), std::nullopt);
}

void reported_run::take(error_code error, job_progress const& progress)
{
    is_reading_ = false;
    if (!error && !is_over(progress.state))
        report(progress);
    if (has_ended_)
        complete();
    else if (!error && !failure_)
        read();
}

void reported_run::ended(error_code error, job_end end)
{
    has_ended_ = true;
    error_ = error;
    end_ = std::move(end);
    if (is_reading_)
        stop_reading_.emit(asio::cancellation_type::terminal);
    else
        complete();
}

void reported_run::report(job_progress const& progress)
{
    if (failure_)
        return;
    try {
        on_progress_(progress);
    } catch (...) {
        failure_ = std::current_exception();
        auto ignore = [](error_code, job_end const&) {};
        if (!has_ended_)
            begin_wait(job_, job_impl::end_handler(ignore, job_->executor()), purpose::cancel);
    }
}

void reported_run::complete()
{
    job_progress last = job_->published().newest();
    if (is_over(last.state)) {
        last.state = job_state::concluded;  // it may be dismissed by now
        report(last);
    }
    handler_.post(error_, std::move(end_), failure_);
}

}  // namespace coqmp::detail
