// A run of a job that reports the progress to a function of the caller.
// Invariant: the function is called on the job's executor, never after the operation has completed, and never again once it has
// thrown.
#ifndef COQMP_SRC_JOB_REPORTED_RUN_HPP
#define COQMP_SRC_JOB_REPORTED_RUN_HPP

#include "job/job_impl.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/job_end.hpp>
#include <coqmp/job_progress.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <functional>
#include <memory>

namespace coqmp::detail {

/// Joins the operation that runs the job with those that read its progress, one at a time. Completes when all have ended.
class reported_run : public std::enable_shared_from_this<reported_run>
{
public:
    using function = std::function<void(job_progress const&)>;
    /// Gets what the function has thrown; null: nothing.
    using handler_type = pending_handler<void(boost::system::error_code, job_end, std::exception_ptr)>;

    reported_run(std::shared_ptr<job_impl> job, function on_progress, handler_type&& handler);

    /// From any thread, once.
    void start();

private:
    class on_end;
    class on_news;

    void read();
    void take(boost::system::error_code error, job_progress const& progress);
    void ended(boost::system::error_code error, job_end end);
    void report(job_progress const& progress);
    void complete();

    std::shared_ptr<job_impl> const job_;
    function const on_progress_;
    handler_type handler_;
    boost::asio::cancellation_signal stop_reading_;
    bool is_reading_ = false;
    bool has_ended_ = false;  // the run, not always the job
    boost::system::error_code error_;
    job_end end_;
    std::exception_ptr failure_;
};

}  // namespace coqmp::detail

#endif
