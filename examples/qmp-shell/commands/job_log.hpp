// What became of the jobs of this session. QEMU forgets a job as soon as it ends, and a moment later `query-jobs` does not list
// it.
#ifndef QMP_SHELL_COMMANDS_JOB_LOG_HPP
#define QMP_SHELL_COMMANDS_JOB_LOG_HPP

#include <coqmp/command.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/session.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

/// What is known of one job.
struct job_record
{
    std::string state;
    std::vector<std::string> states;     ///< that it was seen in
    std::optional<std::string> failure;  ///< why it failed, in QEMU's words; may be empty
    bool aborted = false;                ///< it failed or was cancelled
    bool cancelled = false;              ///< QEMU said so, or this session had QEMU cancel the job
    bool completing = false;             ///< this session has sent what ends a job that is ready
    bool finalizing = false;             ///< this session has sent what ends a job that is pending
    bool was_listed = false;             ///< QEMU was asked about it
    bool missed = false;                 ///< events were lost while it ran, perhaps the one that says how it ended
    std::uint64_t done = 0;
    std::uint64_t total = 0;

    [[nodiscard]] bool over() const { return state == "concluded" || state == "null"; }
    [[nodiscard]] bool has_been(std::string_view wanted) const;
    /// Whether it is known how it ended: for a job that had ended before it was seen, only QEMU knows.
    [[nodiscard]] bool is_outcome_known() const;
    void enter(std::string const& next);
    /// Takes note of a command to it, which QEMU has not refused.
    void obey(std::string_view command);
};

/// Follows the events of all jobs, from its own beginning on.
class job_log
{
public:
    explicit job_log(coqmp::session& of);

    /// @return null: nothing was heard of it
    [[nodiscard]] job_record const* find(std::string const& job) const;

    /// Adds what `query-jobs` says of a job.
    void note(std::string const& job, boost::json::object const& listed);

    /// Adds what this session has sent and QEMU has not refused; most commands are not about a job.
    void note(coqmp::command const& sent);

    /// The job that a command makes QEMU forget, if it is not known how that ended: QEMU has to be asked before. Empty: none.
    [[nodiscard]] std::string to_ask_for_before(coqmp::command const& sent) const;

    /// Grows with each event of a job.
    [[nodiscard]] std::size_t changes() const noexcept { return changes_; }

    /// Grows with each job that is created; the last of them.
    [[nodiscard]] std::size_t begun() const noexcept { return begun_; }
    [[nodiscard]] std::string const& last_begun() const noexcept { return last_begun_; }

private:
    void read();
    void take(coqmp::event const& what);
    /// Events were lost: the end of a job that still runs may never be reported.
    void forget_outcomes();
    job_record& record_of(std::string const& job);

    static constexpr std::size_t most_jobs = 256;

    coqmp::event_stream events_;
    std::deque<std::pair<std::string, job_record>> records_;  ///< oldest first
    std::size_t changes_ = 0;
    std::size_t begun_ = 0;
    std::string last_begun_;
};

}  // namespace qmp_shell

#endif
