#include "daemon/hooks/hook_runner.hpp"

#include <sstream>
#include <utility>

namespace coqmp_daemon {

namespace {

/// @return empty if there is nothing to report
std::string describe_hook_end(std::string const& program, hook_end const& end)
{
    std::ostringstream text;
    if (!end.failure.empty()) {
        text << "the hook " << program << " could not be started: " << end.failure;
        return text.str();
    }
    if (end.was_too_slow)
        text << "the hook " << program << " took too long and was ended; it " << end.status;
    else if (end.status.exit_code != 0)
        text << "the hook " << program << ' ' << end.status;
    if (end.lines_left_out != 0)
        text << (text.view().empty() ? "the hook " + program : "") << "; " << end.lines_left_out
             << " lines of its output were left out";
    return text.str();
}

}  // namespace

hook_runner::hook_runner(boost::asio::any_io_executor executor, hook_limits const& limits, log_function log)
    : executor_(std::move(executor)), launcher_(1), queue_(limits), log_(std::move(log))
{}

hook_runner::~hook_runner()
{
    launcher_.stop();
    launcher_.join();
    for (auto const& [machine, process] : running_)
        process->kill();
}

void hook_runner::run(std::string const& machine, hook_run what)
{
    std::uint64_t const number = ++last_number_;
    if (!queue_.add({machine, number})) {
        log_(log_priority::warning, machine, "the hook " + what.program + " was not run, because too many hooks are waiting");
        return;
    }
    waiting_.emplace(number, std::move(what));
    start_next();
}

void hook_runner::start_next()
{
    while (auto const entry = queue_.next()) {
        auto node = waiting_.extract(entry->number);
        start(entry->machine, std::move(node.mapped()));
    }
}

void hook_runner::start(std::string const& machine, hook_run what)
{
    hook_process::callbacks calls;
    calls.line = [this, machine, program = what.program](std::string_view line) {
        log_(log_priority::info, machine, program + ": " + std::string(line));
    };
    calls.end = [this, machine, program = what.program](hook_end const& end) { ended(machine, program, end); };
    running_[machine] = hook_process::start(executor_, launcher_.get_executor(), std::move(what), std::move(calls));
}

void hook_runner::ended(std::string const& machine, std::string const& program, hook_end const& end)
{
    if (std::string const text = describe_hook_end(program, end); !text.empty())
        log_(log_priority::warning, machine, text);
    running_.erase(machine);
    queue_.ended(machine);
    start_next();
    if (unfinished() == 0 && idle_)
        idle_();
}

}  // namespace coqmp_daemon
