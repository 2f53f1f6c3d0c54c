#include "service.hpp"

#include "daemon/log/log_priority.hpp"
#include "machines/image_check.hpp"
#include "machines/known_machines.hpp"
#include "machines/machine_set.hpp"
#include "machines/observed_sockets.hpp"
#include "reports/change_report.hpp"
#include "reports/sentence_source.hpp"

#include <coqmp/event_filter.hpp>
#include <coqmp/lifecycle.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp_daemon::exit_code;
using coqmp_daemon::log_priority;

namespace coqmpd {

namespace {

using namespace std::chrono_literals;

/// How long the end waits for starts and shutdowns that are under way, then for the release of all machines, and for hooks. The
/// next daemon can go on with them, too.
constexpr auto time_for_machines = 10s;
constexpr auto time_to_release = 3s;
constexpr auto time_for_hooks = 5s;

/// How long a reload waits for machines that are removed, or are other machines now.
constexpr auto time_to_settle = 10s;

/// Four changes each of 16,000 machines. The queue takes memory only while it is full.
constexpr std::size_t most_changes = std::size_t{1} << 16;

/// Sources of lines that are about no single machine. No machine has a name with a space.
constexpr std::string_view events_of_qemu = "events of QEMU";
constexpr std::string_view changes_of_machines = "changes of machines";

coqmp::supervisor_options options_for(places const& where, coqmp::descriptor_store store, coqmp_daemon::logger& log)
{
    coqmp::supervisor_options result;
    result.directory = where.state;
    result.store = std::move(store);
    result.log = [&log](coqmp::log_level level, std::string_view sentence) {
        sourced_sentence const line = split_source(sentence);
        log.write(coqmp_daemon::priority_of(level), line.machine, line.text);
    };
    return result;
}

std::string text_of(std::exception_ptr const& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& error) {
        return error.what();
    }
}

}  // namespace

service::service(asio::any_io_executor const& executor, places const& where, std::unique_ptr<cgroup_tree> cgroups,
                 coqmp_daemon::service_environment const& environment, std::vector<coqmp::stored_descriptor> passed,
                 coqmp_daemon::logger& log)
    : executor_(executor),
      places_(where),
      log_(log),
      state_(environment, log),
      tasks_(executor),
      requests_(executor, state_, log, {[this] { return reload(); }, [this] { tasks_.finish(exit_code::success); }}),
      cgroups_(std::move(cgroups)),
      stored_(std::make_shared<state_files>(executor, where.state,
                                            [&log](std::string const& machine, std::string const& failure) {
                                                log.write(log_priority::error, machine,
                                                          "the next daemon may not know its file: " + failure);
                                            })),
      hooks_(executor, inheritance::ours().environment, log,
             [this](std::string const& machine, reported_state last) { stored_->keep(machine, last); }),
      supervisor_(executor, options_for(where, state_.store(std::move(passed)), log)),
      changes_(supervisor_.subscribe(most_changes)),
      events_(supervisor_.subscribe_events(coqmp::event_filter().matching([this](auto const& what) { return wants(what); }))),
      monitors_(supervisor_, where.runtime, log),
      machines_({supervisor_, hooks_, monitors_, cgroups_.get(), log, stored_.get()},
                [this](std::string const& machine) { forget(machine); }),
      sockets_(executor, [this] { find_sockets(); }),
      control_(executor, supervisor_, log,
               {[this](std::string const& machine) { return machines_.file_problem(machine); },
                [this](std::string machine) { return launch_problem(std::move(machine)); },
                [this](std::chrono::nanoseconds budget) { return machines_.shut_down(budget); }}),
      files_(executor),
      started_(executor, asio::steady_timer::time_point::max()),
      changed_(executor)
{}

asio::awaitable<service_end> service::run()
{
    tasks_.spawn(requests_.run());
    tasks_.spawn(state_.keep_alive());
    tasks_.spawn(follow_changes());
    tasks_.spawn(follow_events());
    tasks_.spawn(start());
    service_end result;
    result.status = co_await tasks_.wait();
    result.all_released = co_await stop();
    if (tasks_.failure() && result.all_released)
        std::rethrow_exception(tasks_.failure());
    if (tasks_.failure())
        log_.write(log_priority::error, text_of(tasks_.failure()));
    co_return result;
}

asio::awaitable<void> service::start()
{
    bool const has_settings = co_await read_settings();
    if (!has_settings)
        log_.write(log_priority::warning, "only root and the daemon's own user may use the control socket");
    if (tasks_.is_finished())
        co_return;
    monitors_.complete_with(settings_.monitor);
    control_.listen(places_.control_socket(), settings_);  // before there are machines: a failure ends the daemon
    co_await read_files();
    if (tasks_.is_finished())
        co_return;
    count_again();
    control_.accept_clients();
    state_.ready();
    log_.write(log_priority::notice, "ready; the control socket is " + places_.control_socket());
    is_ready_ = true;
    started_.cancel();
}

// ---- The end ---------------------------------------------------------------------------------------------------------------

/// All machines stay supervised, and the control socket stays, until none is being started or shut down: the others must not be
/// left alone for the sake of one.
asio::awaitable<bool> service::stop()
{
    state_.stopping(time_for_machines + time_to_release + time_for_hooks + 5s);
    co_await await_machines();
    control_.close();
    if (!supervisor_.names().empty())
        log_.write(log_priority::notice, "the machines go on running");
    bool const all_released = co_await machines_.release_all(time_to_release);
    if (!all_released)
        log_.write(log_priority::notice, "a machine is still being started or shut down; the next daemon goes on with it");
    co_await hooks_.finish(time_for_hooks);
    co_await stored_->finish();
    co_return all_released;
}

asio::awaitable<void> service::await_machines()
{
    changed_.expires_after(time_for_machines);
    auto const end = changed_.expiry();
    error_code ignored;
    while (has_unfinished_machine() && asio::steady_timer::clock_type::now() < end)
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// The next daemon continues the shutdown of a machine that its operator stops, so that need not be waited for.
bool service::has_unfinished_machine() const
{
    std::vector<std::string> const names = supervisor_.names();
    return std::ranges::any_of(names, [this](std::string const& each) {
        if (machines_.observes(each))
            return false;
        coqmp::machine_status const status = supervisor_.status(each);
        return status.state == coqmp::lifecycle::starting ||
               (status.state == coqmp::lifecycle::stopping && status.reason != coqmp::lifecycle_reason::by_operator);
    });
}

// ---- Files and signals -----------------------------------------------------------------------------------------------------

/// A mistake in the daemon's own file ends no supervision. @return whether there are new settings
asio::awaitable<bool> service::read_settings()
{
    std::vector<std::string> problems;
    try {
        auto read = [file = places_.daemon_file()] { return read_daemon_settings(file); };
        daemon_settings next = co_await files_.run(std::move(read));
        settings_ = std::move(next);
    } catch (coqmp_daemon::configuration_error const& error) {
        problems = error.problems();
    }
    for (std::string const& each : problems)
        log_.write(log_priority::error, each);
    bool const is_valid = problems.empty();
    co_return is_valid;
}

void service::apply_settings()
try {
    monitors_.complete_with(settings_.monitor);
    control_.apply(settings_);
} catch (boost::system::system_error const& failure) {
    log_.write(log_priority::error, "the control socket stays as it was: " + std::string(failure.what()));
}

asio::awaitable<void> service::read_files()
{
    auto read = [directory = places_.machines(), stored = stored_, left = supervisor_.stored_names(), known = machines_.known()] {
        return read_all_machines(directory, *stored, left, known);
    };
    all_machines found = co_await files_.run(std::move(read));
    if (tasks_.is_finished())
        co_return;
    machines_.announce(found.files, found.left);
    co_await stored_->finish();
    take(std::move(found.files), found.left);
}

asio::awaitable<std::string> service::launch_problem(std::string machine)
{
    known_machines known = machines_.known();
    auto const found = known.extract(machine);
    if (found.empty() || !found.mapped().file)
        co_return std::string();
    auto check = [machine, file = *found.mapped().file, known = std::move(known)] {
        return find_launch_problem(machine, file, known);
    };
    std::string problem = co_await files_.run(std::move(check));
    co_return problem;
}

void service::take(machine_set files, left_machines const& left)
{
    for (std::string const& each : files.warnings)
        log_.write(log_priority::warning, each);
    keep_refused_patterns(read_, files);
    for (std::string const& each : sockets_.watch(observed_directories(files)))
        log_.write(log_priority::warning, each);
    read_ = files;
    read_.problems.clear();  // they are logged once
    machines_.follow(expand_patterns(std::move(files), places_.runtime), left);
    machines_.warn_of_stored();
}

/// Monitors of other owners have come or gone.
void service::find_sockets()
{
    machines_.follow(expand_patterns(read_, places_.runtime));
    count_again();
}

asio::awaitable<void> service::reload()
{
    error_code ignored;
    while (!is_ready_)
        co_await started_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    bool const has_settings = co_await read_settings();
    if (has_settings)
        apply_settings();
    else
        log_.write(log_priority::error, places_.daemon_file() + ": its previous settings still apply");
    co_await read_files();
    bool const is_complete = co_await machines_.settle(time_to_settle);
    if (!is_complete)
        log_.write(log_priority::notice, "machines that are being started or shut down are replaced afterwards");
    count_again();
}

// ---- What happens ----------------------------------------------------------------------------------------------------------

asio::awaitable<void> service::follow_changes()
{
    std::optional<coqmp::change> next;
    for (;;) {
        next = co_await changes_.next();
        if (!next)
            break;
        bool are_complete = true;
        for (; next; next = changes_.try_next()) {
            are_complete = are_complete && next->lost_before == 0;
            take(*next);
        }
        if (!are_complete)
            make_good();
    }
}

/// Changes were lost: each machine whose newest one is among them changes now.
void service::make_good()
{
    log_.write(log_priority::warning, changes_of_machines, "some were lost: there were too many at once");
    for (std::string const& each : supervisor_.names())
        if (auto const lost = lost_.find(each, supervisor_.status(each)))
            take(*lost);
}

asio::awaitable<void> service::follow_events()
{
    std::optional<coqmp::machine_event> next;
    for (;;) {
        next = co_await events_.next();
        if (!next)
            break;
        for (; next; next = events_.try_next())  // one turn of the event loop for all, so that they do not pile up
            take(*next);
    }
}

void service::take(coqmp::change const& what)
{
    lost_.take(what);
    changed_.cancel();
    change_report const line = report_of(what);
    if (reported_.take(what.machine, line))
        log_.write(line.priority, what.machine, line.text);
    if (!machines_.knows(what.machine))
        return;  // it is being removed
    counts_.take(what.machine, what.status.state);
    state_.show(counts_.sentence());
    hooks_.take(what.machine, what.status);
    control_.publish(what.machine, what.status);
    machines_.take(what.machine, what.status.state);
}

/// Others are not even queued.
bool service::wants(coqmp::event const& what) const
{
    return hooks_.want(what.name) || log_.writes(log_priority::debug);
}

void service::take(coqmp::machine_event const& reported)
{
    if (reported.lost_before != 0)
        log_.write(log_priority::warning, events_of_qemu,
                   std::to_string(reported.lost_before) + " were lost: there were too many at once");
    if (log_.writes(log_priority::debug)) {
        std::string line = reported.what.name;
        if (!reported.what.data.empty())
            line += ' ' + boost::json::serialize(reported.what.data);
        log_.write(log_priority::debug, reported.machine, line);
    }
    hooks_.take(reported.machine, reported.what);
}

void service::count_again()
{
    for (std::string const& each : supervisor_.names())
        if (machines_.knows(each))
            counts_.take(each, supervisor_.state(each));
    state_.show(counts_.sentence());
}

void service::forget(std::string const& machine)
{
    counts_.forget(machine);
    reported_.forget(machine);
    lost_.forget(machine);
    state_.show(counts_.sentence());
}

}  // namespace coqmpd
