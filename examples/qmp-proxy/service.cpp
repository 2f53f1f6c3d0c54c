#include "service.hpp"

#include "configuration/uncommon_commands.hpp"
#include "daemon/log/log_priority.hpp"
#include "qemu/backoff.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/value.hpp>

#include <sstream>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp_daemon::exit_code;
using coqmp_daemon::log_priority;

namespace qmp_proxy {

namespace {

using namespace std::chrono_literals;

/// The names that `query-commands` returned.
std::vector<std::string> names_in(boost::json::value const& listed)
{
    std::vector<std::string> result;
    auto const* const entries = listed.if_array();
    for (std::size_t index = 0; entries != nullptr && index < entries->size(); ++index) {
        auto const* const members = (*entries)[index].if_object();
        auto const* const name = members != nullptr ? members->if_contains("name") : nullptr;
        if (name != nullptr && name->is_string())
            result.emplace_back(name->get_string());
    }
    return result;
}

std::string describe_qemu(coqmp::session const& session)
{
    std::ostringstream text;
    text << "QEMU " << session.greeting().version;
    return text.str();
}

/// What a reload does not change.
bool needs_restart(settings const& now, settings const& next)
{
    return now.upstream != next.upstream || now.hold != next.hold || now.limits != next.limits;
}

}  // namespace

service::service(asio::any_io_executor const& executor, options const& line, settings wanted,
                 coqmp_daemon::service_environment const& environment, coqmp_daemon::logger& log)
    : executor_(executor),
      line_(line),
      settings_(std::move(wanted)),
      log_(log),
      state_(environment, log),
      tasks_(executor),
      requests_(executor, state_, log, {[this] { return reload(); }, [this] { tasks_.finish(exit_code::success); }}),
      offered_(executor, settings_, log,
               {[this] { show_state(); }, [this](std::string const& sentence) { fail(exit_code::connection, sentence); }}),
      files_(executor)
{}

asio::awaitable<int> service::run()
{
    if (line_.wraps)
        wrapped_.emplace(executor_, line_.program, session_options());
    tasks_.spawn(requests_.run());
    tasks_.spawn(state_.keep_alive());
    tasks_.spawn(wrapped_ ? run_wrapped() : keep_connected());
    exit_code const status = co_await tasks_.wait();
    co_await stop();
    if (tasks_.failure())
        std::rethrow_exception(tasks_.failure());
    if (wrapped_ && wrapped_->exit_code())
        co_return *wrapped_->exit_code() < 0 ? static_cast<int>(exit_code::failure) : *wrapped_->exit_code();
    co_return static_cast<int>(status);
}

void service::fail(exit_code status, std::string const& sentence)
{
    log_.write(log_priority::error, sentence);
    tasks_.finish(status);
}

asio::awaitable<void> service::stop()
{
    bool const has_qemu = wrapped_ && !wrapped_->exit_code() && !qemu_.empty();
    state_.stopping(settings_.drain_timeout + (has_qemu ? settings_.shutdown_timeout + 15s : 5s));
    if (!qemu_.empty()) {
        bool const all_answered = co_await offered_.drain(settings_.drain_timeout);
        if (!all_answered)
            log_.write(log_priority::warning, "commands of clients were not answered in time");
    }
    if (has_qemu) {
        log_.write(log_priority::notice, "shutting QEMU down");
        co_await wrapped_->shut_down(settings_.shutdown_timeout);
    }
    offered_.close();
}

// ---- Signals ---------------------------------------------------------------------------------------------------------------

asio::awaitable<void> service::reload()
{
    offered_.reopen_audit();
    auto read = [line = line_] { return read_settings(line); };
    settings next = co_await files_.run(std::move(read));
    if (!tasks_.is_finished())
        follow(std::move(next));
}

void service::follow(settings next)
{
    offered_.apply(next);
    if (needs_restart(settings_, next))
        log_.write(log_priority::warning, "changes to upstream, hold and limits take effect when qmp-proxy is started again");
    next.upstream = settings_.upstream;
    next.hold = settings_.hold;
    next.limits = settings_.limits;
    settings_ = std::move(next);
    check_policies();
}

// ---- QEMU ------------------------------------------------------------------------------------------------------------------

coqmp::session_options service::session_options() const
{
    coqmp::session_options result;
    result.connect_timeout = settings_.connect_timeout;
    result.log = [&log = log_](coqmp::log_level level, std::string_view sentence) {
        log.write(coqmp_daemon::priority_of(level), "QEMU", sentence);
    };
    return result;
}

asio::awaitable<void> service::keep_connected()
{
    if (settings_.hold)
        state_.ready();  // QEMU may come at any time
    backoff pauses;
    asio::steady_timer timer(executor_);
    for (;;) {
        connection_end const end = co_await connect_once();
        if (!settings_.hold) {
            tasks_.finish(end.was_expected ? exit_code::success : exit_code::connection);
            co_return;
        }
        timer.expires_after(pauses.next(end.lasted));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

/// One connection, or one attempt.
asio::awaitable<connection_end> service::connect_once()
{
    monitor_connection connection(executor_, session_options());
    coqmp::endpoint const& monitor = *settings_.upstream;
    connection_end result;
    show_state();
    result.reason = co_await connection.connect(monitor);
    if (result.reason) {
        auto const priority = !settings_.hold                        ? log_priority::error
                              : std::exchange(has_complained_, true) ? log_priority::debug
                                                                     : log_priority::warning;
        log_.write(priority, describe_failure(monitor, result.reason, settings_.connect_timeout));
        co_return result;
    }
    has_complained_ = false;
    offer(connection.session());
    result = co_await connection.wait_for_end();
    result.was_expected = result.was_expected || offered_.has_quit();
    lose_qemu();
    std::string const sentence = "the connection to QEMU at " + monitor.to_string() + " has ended: ";
    if (result.was_expected)
        log_.write(log_priority::notice, sentence + "QEMU has ended");
    else
        log_.write(settings_.hold ? log_priority::warning : log_priority::error, sentence + result.reason.message());
    co_return result;
}

asio::awaitable<void> service::run_wrapped()
{
    std::string const problem = co_await wrapped_->start();
    if (!problem.empty())
        co_return fail(exit_code::connection, problem);
    offer(wrapped_->session());
    co_await wrapped_->wait();
    lose_qemu();
    log_.write(log_priority::notice, wrapped_->describe_end());
    tasks_.finish(exit_code::success);
}

void service::offer(coqmp::session& upstream)
{
    offered_.use(upstream);
    qemu_ = describe_qemu(upstream);
    log_.write(log_priority::notice, "connected to " + qemu_ + (wrapped_ ? "" : " at " + settings_.upstream->to_string()));
    upstream_ = &upstream;
    check_policies();
    show_state();
    state_.ready();
}

/// Warns about commands in the policies that QEMU does not have.
void service::check_policies()
{
    uncommon_commands names(settings_.policies);
    if (names.empty() || upstream_ == nullptr)
        return;
    auto compare = [this, names = std::move(names), qemu = qemu_](error_code error, coqmp::reply const& listed) {
        if (error || !listed.has_value())
            return;
        for (std::string const& each : names.missing_from(names_in(listed.value()), qemu, line_.config))
            log_.write(log_priority::warning, each);
    };
    upstream_->async_execute("query-commands", std::move(compare));
}

/// The connection has ended.
void service::lose_qemu()
{
    qemu_.clear();
    upstream_ = nullptr;
}

void service::show_state()
{
    std::size_t const count = offered_.client_count();
    state_.show((qemu_.empty() ? "waiting for QEMU; " : "connected to " + qemu_ + "; ") + std::to_string(count) +
                (count == 1 ? " client" : " clients"));
}

}  // namespace qmp_proxy
