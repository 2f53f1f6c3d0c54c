#include "service.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/log/log_priority.hpp"
#include "machines/machine_set.hpp"
#include "machines/observed_sockets.hpp"
#include "reports/change_report.hpp"
#include "reports/sentence_source.hpp"

#include <coqmp/supervisor_options.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <exception>
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

/// How long the end waits for starts and shutdowns that are under way, and for hooks. The next daemon can go on with them, too.
constexpr auto time_to_release = 10s;
constexpr auto time_for_hooks = 5s;

/// How long a reload waits for machines that are removed, or are other machines now.
constexpr auto time_to_settle = 10s;

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

asio::awaitable<machine_set> read_set(std::string directory)
{
    co_return read_machines(directory);
}

}  // namespace

service::service(asio::any_io_executor const& executor, places const& where, std::unique_ptr<cgroup_tree> cgroups,
                 coqmp_daemon::service_environment const& environment, std::vector<coqmp::stored_descriptor> passed,
                 coqmp_daemon::logger& log)
    : executor_(executor),
      places_(where),
      log_(log),
      signals_(executor),
      state_(environment, log),
      cgroups_(std::move(cgroups)),
      hooks_(executor, inheritance::ours().environment, log),
      supervisor_(executor, options_for(where, state_.store(std::move(passed)), log)),
      changes_(supervisor_.subscribe()),
      events_(supervisor_.subscribe_events()),
      monitors_(supervisor_, where.runtime, log),
      machines_({supervisor_, hooks_, monitors_, cgroups_.get(), log}, [this](std::string const& machine) { forget(machine); }),
      sockets_(executor, [this] { find_sockets(); }),
      control_(
          executor, supervisor_, [this](std::string const& machine) { return supervisor_.status(machine); }, log),
      ended_(executor, asio::steady_timer::time_point::max())
{}

asio::awaitable<service_end> service::run()
{
    spawn(state_.keep_alive());
    spawn(follow_changes());
    spawn(follow_events());
    control_.listen(places_.control_socket());  // before there are machines: a failure ends the daemon
    co_await read_files();
    count_again();
    control_.accept_clients();
    state_.ready();
    log_.write(log_priority::notice, "ready; the control socket is " + places_.control_socket());
    spawn(obey_signals());
    error_code ignored;
    while (!status_)
        co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    service_end result;
    result.status = *status_;
    result.all_released = co_await stop();
    co_return result;
}

void service::spawn(asio::awaitable<void> work)
{
    asio::co_spawn(executor_, std::move(work), [this](std::exception_ptr const& failure) {
        if (!failure)
            return;
        log_.write(log_priority::error, text_of(failure));
        finish(exit_code::failure);
    });
}

/// The first reason to end decides.
void service::finish(exit_code status)
{
    if (status_)
        return;
    status_ = status;
    ended_.cancel();
}

asio::awaitable<bool> service::stop()
{
    state_.stopping(time_to_release + time_for_hooks + 5s);
    control_.close();
    bool const all_released = co_await machines_.release_all(time_to_release);
    if (!all_released)
        log_.write(log_priority::warning, "a machine is still being started or shut down; the next daemon goes on with it");
    co_await hooks_.finish(time_for_hooks);
    co_return all_released;
}

// ---- Files and signals -----------------------------------------------------------------------------------------------------

asio::awaitable<void> service::read_files()
{
    asio::awaitable<machine_set> reading = read_set(places_.machines());
    machine_set files = co_await asio::co_spawn(files_, std::move(reading), asio::use_awaitable);
    take(std::move(files));
}

void service::take(machine_set files)
{
    keep_refused_patterns(read_, files);
    for (std::string const& each : sockets_.watch(observed_directories(files)))
        log_.write(log_priority::warning, each);
    read_ = files;
    read_.problems.clear();  // they are logged once
    machines_.follow(expand_patterns(std::move(files), places_.runtime));
    machines_.warn_of_stored();
}

/// Monitors of other owners have come or gone.
void service::find_sockets()
{
    machines_.follow(expand_patterns(read_, places_.runtime));
    count_again();
}

asio::awaitable<void> service::obey_signals()
{
    for (;;) {
        coqmp_daemon::signal_request const request = co_await signals_.next();
        if (request == coqmp_daemon::signal_request::end)
            break;
        co_await reload();
    }
    log_.write(log_priority::notice, "ending, because a signal asked for it; the machines go on running");
    finish(exit_code::success);
}

asio::awaitable<void> service::reload()
{
    state_.begin_reload();
    std::vector<std::string> problems;
    try {
        co_await read_files();
        bool const is_complete = co_await machines_.settle(time_to_settle);
        if (!is_complete)
            log_.write(log_priority::notice, "machines that are being started or shut down are replaced afterwards");
    } catch (coqmp_daemon::configuration_error const& error) {
        problems = error.problems();
    } catch (std::exception const& error) {
        problems.emplace_back(error.what());
    }
    for (std::string const& each : problems)
        log_.write(log_priority::error, each);
    if (problems.empty())
        log_.write(log_priority::notice, "reloaded");
    else
        log_.write(log_priority::error, "the files were not read again: the previous settings still apply");
    count_again();
    state_.end_reload();
}

// ---- What happens ----------------------------------------------------------------------------------------------------------

asio::awaitable<void> service::follow_changes()
{
    std::optional<coqmp::change> next;
    for (;;) {
        next = co_await changes_.next();
        if (!next)
            break;
        take(*next);
    }
}

asio::awaitable<void> service::follow_events()
{
    std::optional<coqmp::machine_event> next;
    for (;;) {
        next = co_await events_.next();
        if (!next)
            break;
        take(*next);
    }
}

void service::take(coqmp::change const& what)
{
    if (what.lost_before != 0) {
        log_.write(log_priority::warning, std::to_string(what.lost_before) + " changes of machines were lost");
        count_again();
    }
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

void service::take(coqmp::machine_event const& reported)
{
    if (reported.lost_before != 0)
        log_.write(log_priority::warning, std::to_string(reported.lost_before) + " events of machines were lost");
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
    state_.show(counts_.sentence());
}

}  // namespace coqmpd
