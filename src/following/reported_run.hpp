// Runs a job or a migration in QEMU and reports the progress to a function of the caller's.
// Invariant: the function is called on the follower's executor, never after the operation has completed, and never again once it has
// thrown.
#ifndef COQMP_SRC_FOLLOWING_REPORTED_RUN_HPP
#define COQMP_SRC_FOLLOWING_REPORTED_RUN_HPP

#include "following/operations.hpp"

#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace coqmp::detail {

/// Joins the operation that waits for the end with those that read the progress, one at a time. Completes when all have ended.
/// @tparam Rules the follower's rules. `Rules::last_report(progress)` returns what to report at the end, and nothing before it.
template <class Follower, class Rules>
class reported_run : public std::enable_shared_from_this<reported_run<Follower, Rules>>
{
public:
    using end_type = typename Rules::end_type;
    using progress_type = typename Rules::progress_type;
    using function = std::function<void(progress_type const&)>;
    /// Receives the exception that the function threw, or null.
    using handler_type = pending_handler<void(boost::system::error_code, end_type, std::exception_ptr)>;

    reported_run(std::shared_ptr<Follower> subject, function on_progress, handler_type&& handler)
        : subject_(std::move(subject)), on_progress_(std::move(on_progress)), handler_(std::move(handler))
    {}

    /// From any thread, once.
    void start()
    {
        begin_wait(subject_, typename Follower::end_handler(on_end(this->shared_from_this()), subject_->executor()),
                   purpose::run_to_end);
        if (on_progress_)
            boost::asio::dispatch(subject_->executor(), [self = this->shared_from_this()] { self->read(); });
    }

private:
    using error_code = boost::system::error_code;

    /// The handler of the operation that waits for the end. It passes the caller's cancellation on to that operation.
    class on_end
    {
    public:
        using cancellation_slot_type = boost::asio::cancellation_slot;

        explicit on_end(std::shared_ptr<reported_run> whole) noexcept : whole_(std::move(whole)), slot_(whole_->handler_.slot())
        {}

        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }
        void operator()(error_code error, end_type end) const { whole_->ended(error, std::move(end)); }

    private:
        std::shared_ptr<reported_run> whole_;
        boost::asio::cancellation_slot slot_;
    };

    /// The handler of an operation that reads the progress.
    class on_news
    {
    public:
        using cancellation_slot_type = boost::asio::cancellation_slot;

        explicit on_news(std::shared_ptr<reported_run> whole) noexcept : whole_(std::move(whole)) {}

        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return whole_->stop_reading_.slot(); }
        void operator()(error_code error, progress_type const& progress) const { whole_->take(error, progress); }

    private:
        std::shared_ptr<reported_run> whole_;
    };

    void read()
    {
        if (has_ended_)
            return;
        is_reading_ = true;
        begin_read(subject_, typename Follower::progress_handler(on_news(this->shared_from_this()), subject_->executor()),
                   std::nullopt);
    }

    void take(error_code error, progress_type const& progress)
    {
        is_reading_ = false;
        if (!error && !Rules::last_report(progress))
            report(progress);
        if (has_ended_)
            complete();
        else if (!error && !failure_)
            read();
    }

    void ended(error_code error, end_type end)
    {
        has_ended_ = true;
        error_ = error;
        end_ = std::move(end);
        if (is_reading_)
            stop_reading_.emit(boost::asio::cancellation_type::terminal);
        else
            complete();
    }

    void report(progress_type const& progress)
    {
        if (failure_)
            return;
        try {
            on_progress_(progress);
        } catch (...) {
            failure_ = std::current_exception();
            auto ignore = [](error_code, end_type const&) {};
            if (!has_ended_)
                begin_wait(subject_, typename Follower::end_handler(ignore, subject_->executor()), purpose::cancel);
        }
    }

    void complete()
    {
        auto const last = on_progress_ ? Rules::last_report(subject_->published().newest()) : std::nullopt;
        if (last)
            report(*last);
        on_progress_ = nullptr;  // what it holds may belong to the caller, who goes on now
        handler_.post(error_, std::move(end_), std::move(failure_));
    }

    std::shared_ptr<Follower> const subject_;
    function on_progress_;  // empty: nothing is reported
    handler_type handler_;
    boost::asio::cancellation_signal stop_reading_;
    bool is_reading_ = false;
    bool has_ended_ = false;  // run() has ended; the job or migration may still go on
    error_code error_;
    end_type end_;
    std::exception_ptr failure_;
};

}  // namespace coqmp::detail

#endif
