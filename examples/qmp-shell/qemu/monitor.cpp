#include "qemu/monitor.hpp"

#include "language/members.hpp"

#include <coqmp/unexpected_value.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <tuple>
#include <utility>

namespace asio = boost::asio;

namespace qmp_shell {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr auto time_to_go = 5s;

/// @return an empty schema if the answer is not a schema
coqmp::schema read_schema(boost::json::value const& returned)
try {
    return coqmp::schema(returned);
} catch (coqmp::unexpected_value const&) {
    return {};
}

/// Says, if it lives for long, that the shell is waiting for QEMU.
class waiting_note
{
public:
    waiting_note(event_loop& loop, screen& screen) : screen_(screen), timer_(loop, long_time, [this] { show(); }) {}
    waiting_note(waiting_note const&) = delete;
    waiting_note& operator=(waiting_note const&) = delete;
    ~waiting_note()
    {
        if (shown_)
            screen_.progress({});
    }

private:
    static constexpr auto long_time = 2s;

    void show()
    {
        shown_ = !screen_.is_line_typed();  // there, Tab waits
        std::string const text = "waiting for QEMU (Ctrl-C gives up)";
        if (shown_)
            screen_.progress(screen_.colour() ? "\033[2m" + text + "\033[m" : text);
    }

    screen& screen_;
    delayed timer_;
    bool shown_ = false;
};

}  // namespace

bool answer::cancelled() const
{
    return error == asio::error::operation_aborted;
}

std::optional<exit_code> answer::report_error(screen& screen, std::string const& subject, bool ends_qemu) const
{
    if (!error)
        return std::nullopt;
    bool const gone = error == coqmp::errc::disconnected;
    std::string why = error.message();
    if (cancelled())
        why = reply.was_sent() ? "cancelled; QEMU may execute it all the same" : "cancelled before it was sent";
    else if (gone)
        why = error == coqmp::errc::not_sent ? "QEMU has gone; the command was not sent"
                                             : "QEMU has gone before it answered: whether the command was executed is unknown";
    if (!gone || !ends_qemu)
        screen.complain(subject + ": " + why);
    return gone ? exit_code::connection : cancelled() ? exit_code::interrupted : exit_code::usage;
}

monitor::monitor(event_loop& loop, screen& screen, wire_log& log, std::unique_ptr<connection> opened)
    : loop_(loop),
      screen_(screen),
      log_(log),
      connection_(std::move(opened)),
      events_(connection_->session(), screen),
      job_events_(connection_->session().subscribe(coqmp::job_history::events()))
{
    read_job_events();
    session().async_wait_closed([this](error_code error, coqmp::session_end end) {
        if (!error)
            ended_with_ = end.reason;
    });
}

void monitor::read_job_events()
{
    job_events_.async_next([this](error_code error, coqmp::event const& what) {
        if (error)
            return;
        ++job_changes_;
        jobs_.take(what);
        if (text_in(what.data, "status") == "created")
            begun_job_ = text_in(what.data, "id");
        read_job_events();
    });
}

answer monitor::ask(coqmp::command what)
{
    bool const negotiates = what.name() == "qmp_capabilities";
    answer result;
    {
        waiting_note const note(loop_, screen_);
        std::tie(result.error, result.reply) = loop_.finish<error_code, coqmp::reply>(session().async_execute(std::move(what)));
    }
    loop_.settle();  // events that came before the answer are shown before it
    if (negotiates && !result.error && result.reply.has_value())
        unknown_.clear();
    return result;
}

void monitor::begin_command()
{
    loop_.settle();  // the events so far are from before
    events_.forget();
    begun_job_.clear();
}

std::optional<boost::json::value> monitor::look_up(coqmp::command what, std::chrono::nanoseconds patience)
{
    std::string const name = what.name();
    if ((inquiry_ != nullptr && inquiry_->over_) || unknown_.contains(name))
        return std::nullopt;
    answer found = inquire(std::move(what), patience);
    if (inquiry_ != nullptr) {
        inquiry_->silent_ = found.error == coqmp::errc::timed_out;
        inquiry_->over_ = inquiry_->silent_ || found.cancelled();
    }
    if (found.error)
        return std::nullopt;
    if (found.reply.has_error()) {
        // Other commands may be refused because of their arguments, or only now.
        if (found.reply.error().class_name == "CommandNotFound" || name == "query-qmp-schema")
            unknown_.insert(name);
        return std::nullopt;
    }
    return std::move(found.reply).value();
}

answer monitor::inquire(coqmp::command what, std::chrono::nanoseconds patience)
{
    log_.asks_for_itself(true);
    answer result = ask(std::move(what.timeout(patience)));
    log_.asks_for_itself(false);
    return result;
}

coqmp::schema const& monitor::known()
{
    if (schema_.empty() && !ended_with_) {
        if (auto const found = look_up("query-qmp-schema"))
            schema_ = read_schema(*found);
    }
    return schema_;
}

void monitor::await_end()
{
    interruption const impatient(loop_, [this] { session().close(); });
    if (!loop_.run_until([this] { return has_ended(); }, time_to_go))
        session().close();
    loop_.run_until([this] { return has_ended(); });
}

leave_result monitor::leave()
{
    events_.shown(false);
    return connection_->leave();
}

}  // namespace qmp_shell
