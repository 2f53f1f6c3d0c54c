#include "machine_run.hpp"

#include "daemon/log/log_priority.hpp"
#include "manager_reports.hpp"

#include <coqmp/machine_spec.hpp>
#include <coqmp/output_target.hpp>
#include <coqmp/supervision_policy.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/system/error_code.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using coqmp_daemon::log_priority;

namespace qmp_run {

namespace {

using namespace std::chrono_literals;

/// A QEMU that reserves its memory before it answers needs minutes.
constexpr auto start_timeout = 10min;
/// The time limit of one hook, and the time to end it.
constexpr auto time_for_hooks = 35s;

/// The source of QEMU's lines in the log.
constexpr std::string_view qemu_source = "QEMU";

coqmp::supervisor_options supervisor_options_for(coqmp_daemon::logger& log)
{
    coqmp::supervisor_options result;
    result.log = [&log](coqmp::log_level level, std::string_view sentence) {
        log.write(coqmp_daemon::priority_of(level), sentence);
    };
    return result;
}

/// Whether QEMU's output would be taken for lines of the log: both are the journal, or one file. The guest may write there
/// (`-serial stdio`), so it could write log lines of its own.
bool shares_the_log() noexcept
{
    struct ::stat output{};
    struct ::stat log{};
    return ::fstat(STDOUT_FILENO, &output) == 0 && ::fstat(STDERR_FILENO, &log) == 0 && output.st_dev == log.st_dev &&
           output.st_ino == log.st_ino && ::isatty(STDERR_FILENO) == 0;
}

/// When QEMU changes its user, the kernel forgets that QEMU is to end with qmp-run.
bool changes_its_user(std::vector<std::string> const& arguments)
{
    for (std::size_t index = 0; index < arguments.size(); ++index) {
        std::string const& each = arguments[index];
        if (each == "-runas" || each == "--runas")
            return true;
        bool const may_name_user = (each == "-run-with" || each == "--run-with") && index + 1 < arguments.size();
        if (may_name_user && (',' + arguments[index + 1]).find(",user=") != std::string::npos)
            return true;
    }
    return false;
}

coqmp::machine_spec spec_for(options const& line, coqmp_daemon::logger& log)
{
    coqmp::machine_spec result;
    result.program = line.program.front();
    result.arguments.assign(line.program.begin() + 1, line.program.end());
    result.start_timeout = start_timeout;
    result.standard_error =
        coqmp::output_target::lines([&log](std::string_view text) { log.write(log_priority::warning, qemu_source, text); });
    if (shares_the_log())
        result.standard_output =
            coqmp::output_target::lines([&log](std::string_view text) { log.write(log_priority::info, qemu_source, text); });
    result.session.log = [&log](coqmp::log_level level, std::string_view sentence) {
        log.write(coqmp_daemon::priority_of(level), qemu_source, sentence);
    };
    return result;
}

/// The service manager restarts the machine; qmp-run does not.
coqmp::supervision_policy policy_for(options const& line)
{
    coqmp::supervision_policy result;
    result.restart = coqmp::restart_policy::never;
    result.relaunch_after_reboot = false;
    result.heals_no_space = line.heal_enospc;
    result.shutdown.budget = line.timeout;
    result.shutdown.ask_through(line.agent);
    if (line.kill_silent) {
        result.kill_silent_after = *line.kill_silent;
        // Several questions fit into this time, so that one late answer does not matter.
        result.probe_interval = std::min<std::chrono::nanoseconds>(result.probe_interval, *line.kill_silent / 4);
        result.probe_time = std::min<std::chrono::nanoseconds>(result.probe_time, *line.kill_silent / 4);
    }
    return result;
}

bool has_ended(coqmp::lifecycle state) noexcept
{
    return state == coqmp::lifecycle::stopped || state == coqmp::lifecycle::failed || state == coqmp::lifecycle::given_up;
}

log_priority priority_of(coqmp::machine_status const& status)
{
    if (status.state == coqmp::lifecycle::failed || status.state == coqmp::lifecycle::given_up)
        return log_priority::error;
    bool const needs_attention = status.health == coqmp::liveness::silent || status.is_boot_looping || status.is_dumping ||
                                 status.reason == coqmp::lifecycle_reason::no_space ||
                                 status.reason == coqmp::lifecycle_reason::disk_error;
    return needs_attention ? log_priority::warning : log_priority::notice;
}

}  // namespace

machine_run::machine_run(asio::any_io_executor const& executor, options const& line,
                         coqmp_daemon::service_environment const& environment, coqmp_daemon::logger& log)
    : line_(line),
      log_(log),
      manager_(executor, environment, line.kill_silent, log),
      hooks_(executor, line.hooks, line.name, log),
      machines_(executor, supervisor_options_for(log)),
      clients_(executor, line.monitors, log),
      changes_(machines_.subscribe()),
      requests_(executor, [this] { shut_down(); }, [this] { hurry(); })
{}

asio::awaitable<run_exit> machine_run::run()
{
    if (is_asked_to_end_)
        co_return run_exit::success;  // before anything was started
    start();
    while (!has_ended(status_.state)) {
        std::optional<coqmp::change> const next = co_await changes_.next();
        if (!next)
            co_return run_exit::failure;  // does not happen: the supervisor lives as long as this object
        took(*next);
    }
    if (hooks_.has_unfinished())
        manager_.extend_end(time_for_hooks + manager_reports::margin);
    co_await hooks_.finish(time_for_hooks);
    if (hooks_.has_unfinished())
        log_.write(log_priority::warning, "not all hooks ran to the end: there was no time left");
    co_return exit_status_of(status_.reason);
}

void machine_run::start()
{
    manager_.set_deadline(manager_reports::clock::now() + start_timeout);
    machines_.add(line_.name, spec_for(line_, log_), policy_for(line_));
    if (changes_its_user(line_.program))
        log_.write(log_priority::warning,
                   "QEMU changes its user, so it outlives a qmp-run that is killed: run qmp-run itself as that user instead");
    machines_.offer_monitor(line_.name, clients_.proxy());
    machines_.start(line_.name);
}

void machine_run::took(coqmp::change const& what)
{
    bool const begins_to_dump = what.status.is_dumping && !status_.is_dumping;
    status_ = what.status;
    if (begins_to_dump && is_asked_to_end_)
        expect_end_within(line_.timeout);
    // Not every change alters the sentence.
    if (std::string sentence = describe(what); sentence != logged_) {
        logged_ = std::move(sentence);
        log_.write(priority_of(what.status), line_.name, logged_);
    }
    manager_.show(what.status);
    hooks_.take(what.status);
}

// ---- Signals ---------------------------------------------------------------------------------------------------------------

void machine_run::shut_down()
{
    is_asked_to_end_ = true;
    log_.write(log_priority::notice, "received a signal: shutting the machine down");
    expect_end_within(line_.timeout);
    stop(std::nullopt);
}

/// The supervisor, too, gives a guest that writes a crash dump more time.
void machine_run::expect_end_within(std::chrono::milliseconds timeout)
{
    auto deadline = manager_link::time_point::max();
    if (timeout > 0ms) {
        auto const dump_time = status_.is_dumping ? coqmp::supervision_policy().crash_time : 0ns;
        deadline = manager_reports::clock::now() + timeout + dump_time;
    }
    manager_.set_deadline(deadline);
}

void machine_run::hurry()
{
    log_.write(log_priority::warning, "received another signal: killing QEMU");
    hooks_.give_up();
    stop(-1ns);
}

void machine_run::stop(std::optional<std::chrono::nanoseconds> budget)
{
    // Its end is reported as a change.
    machines_.async_stop(line_.name, budget, [](boost::system::error_code, coqmp::machine_end const&) {});
}

}  // namespace qmp_run
