// What became of the jobs of this session. QEMU forgets a job as soon as it ends, and who asks a moment later is told of no job.
#ifndef QMP_SHELL_JOB_LOG_HPP
#define QMP_SHELL_JOB_LOG_HPP

#include <coqmp/event_stream.hpp>
#include <coqmp/session.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace qmp_shell {

/// What is known of one job.
struct job_record
{
    std::string state;
    std::optional<std::string> failure;  ///< why it failed, in QEMU's words; may be empty
    bool aborted = false;                ///< it failed or was cancelled
    std::uint64_t done = 0;
    std::uint64_t total = 0;

    [[nodiscard]] bool over() const { return state == "concluded" || state == "null"; }
};

/// Follows the events of all jobs, from its own beginning on.
class job_log
{
public:
    explicit job_log(coqmp::session& of);

    /// @return null: nothing was heard of it
    [[nodiscard]] job_record const* find(std::string const& job) const;

    /// Adds what `query-jobs` says of a job.
    void note(std::string const& job, boost::json::object const& told);

    /// Grows with each event of a job.
    [[nodiscard]] std::size_t changes() const noexcept { return changes_; }

    /// Grows with each job that is created; the last of them.
    [[nodiscard]] std::size_t begun() const noexcept { return begun_; }
    [[nodiscard]] std::string const& last_begun() const noexcept { return last_begun_; }

private:
    void read();
    void take(coqmp::event const& what);
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
