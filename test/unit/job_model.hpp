// A model of a job in QEMU, for tests of the rules: its events, its answers, and the verbs that it accepts in each state.
// Invariant: events and answers leave in the order in which QEMU would send them.
#ifndef COQMP_TEST_UNIT_JOB_MODEL_HPP
#define COQMP_TEST_UNIT_JOB_MODEL_HPP

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>
#include <coqmp/job_state.hpp>
#include <coqmp/reply.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::test {

namespace json = boost::json;

inline event job_event(std::string name, json::object data)
{
    event result;
    result.name = std::move(name);
    result.data = std::move(data);
    return result;
}

inline event status_event(std::string_view status, std::string_view id = "m")
{
    return job_event("JOB_STATUS_CHANGE", {{"id", id}, {"status", status}});
}

inline event block_event(std::string name, std::string_view error = {}, std::string_view id = "m")
{
    json::object data{{"device", id}, {"len", 100}, {"offset", 50}, {"speed", 0}, {"type", "mirror"}};
    if (!error.empty())
        data["error"] = error;
    return job_event(std::move(name), std::move(data));
}

inline reply refusal(std::string_view description, std::string_view class_name = "GenericError")
{
    return reply(command_error{std::string(class_name), std::string(description)});
}

inline reply listing(std::string_view status, std::string_view error = {}, std::string_view id = "m")
{
    json::object job{{"id", id}, {"status", status}, {"type", "mirror"}, {"current-progress", 50}, {"total-progress", 100}};
    if (!error.empty())
        job["error"] = error;
    return reply(json::value(json::array{json::value(std::move(job))}));
}

inline reply no_jobs()
{
    return reply(json::value(json::array()));
}

inline reply done()
{
    return reply(json::value(json::object()));
}

/// How the job ends if no client interferes.
enum class fate { completes, fails, becomes_ready, becomes_pending };

/// One job "m".
class job_model
{
public:
    job_model(fate what, bool is_block_job, bool auto_dismiss)
        : fate_(what), is_block_job_(is_block_job), auto_dismiss_(auto_dismiss)
    {
        plan_.emplace_back("created");
        plan_.emplace_back("running");
        if (what == fate::becomes_ready)
            plan_.emplace_back("ready");
        else if (what == fate::fails)
            plan_fall();
        else
            plan_rest();
    }

    [[nodiscard]] bool has_plan() const { return !plan_.empty(); }
    [[nodiscard]] std::string const& status() const { return status_; }
    [[nodiscard]] bool was_aborted() const { return !error_.empty(); }
    [[nodiscard]] bool has_run() const { return !status_.empty(); }

    /// The job goes one step further. @return its events
    std::vector<event> advance()
    {
        if (plan_.empty())
            return {};
        status_ = plan_.front();
        plan_.pop_front();
        std::vector<event> events;
        if (status_ == "concluded" && is_block_job_)
            events.push_back(end_event());
        events.push_back(status_event(status_));
        if (status_ == "ready")
            events.push_back(block_event("BLOCK_JOB_READY"));
        if (status_ == "pending" && fate_ == fate::becomes_pending)
            events.push_back(job_event("BLOCK_JOB_PENDING", {{"id", "m"}, {"type", "mirror"}}));
        return events;
    }

    /// Executes a command. @return the events that precede the reply, and the reply
    std::pair<std::vector<event>, reply> execute(command const& what)
    {
        std::string const& name = what.name();
        if (name == "query-jobs")
            return {{},
                    status_.empty() || status_ == "null" ? no_jobs() : listing(status_, status_ == "concluded" ? error_ : "")};
        bool const is_alive = !status_.empty() && status_ != "null";
        if (!is_alive)
            return {{}, refusal("Job not found")};
        if (name == "job-complete" && status_ == "ready" && plan_.empty()) {
            plan_rest();
            return {{}, done()};
        }
        if (name == "job-finalize" && status_ == "pending" && plan_.empty()) {
            plan_.emplace_back("concluded");
            plan_dismissal();
            return {{}, done()};
        }
        if (name == "job-cancel" && status_ != "aborting" && status_ != "concluded") {
            plan_.clear();
            error_ = "Operation canceled";
            plan_fall();
            return {{}, done()};
        }
        if (name == "job-dismiss" && status_ == "concluded" && !auto_dismiss_) {
            status_ = "null";
            return {{status_event("null")}, done()};
        }
        return {{}, refusal("Job 'm' in state '" + status_ + "' cannot accept command verb")};
    }

private:
    void plan_rest()
    {
        plan_.emplace_back("waiting");
        plan_.emplace_back("pending");
        if (fate_ == fate::becomes_pending)
            return;
        plan_.emplace_back("concluded");
        plan_dismissal();
    }

    void plan_fall()
    {
        if (error_.empty())
            error_ = "No space left on device";
        plan_.emplace_back("aborting");
        plan_.emplace_back("concluded");
        plan_dismissal();
    }

    void plan_dismissal()
    {
        if (auto_dismiss_)
            plan_.emplace_back("null");
    }

    [[nodiscard]] event end_event() const
    {
        if (error_ == "Operation canceled")
            return block_event("BLOCK_JOB_CANCELLED");
        return block_event("BLOCK_JOB_COMPLETED", error_);
    }

    fate fate_;
    bool is_block_job_;
    bool auto_dismiss_;
    std::deque<std::string> plan_;
    std::string status_;
    std::string error_;
};

}  // namespace coqmp::test

#endif
