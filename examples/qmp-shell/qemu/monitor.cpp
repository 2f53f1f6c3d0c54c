#include "qemu/monitor.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace qmp_shell {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// For queries of the shell's own, for which the user has to wait.
constexpr auto short_patience = 5s;
constexpr auto time_to_go = 5s;

/// Says, if it lives for long, that the shell is waiting for QEMU.
class waiting_note
{
public:
    waiting_note(event_loop& loop, screen& screen) : screen_(screen), timer_(loop.get_executor(), long_time)
    {
        timer_.async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
            if (!error && !alive.expired())
                show();
        });
    }
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
    asio::steady_timer timer_;
    std::shared_ptr<bool> const alive_ = std::make_shared<bool>(true);  ///< its handler may run when this has gone
    bool shown_ = false;
};

}  // namespace

bool answer::cancelled() const
{
    return error == asio::error::operation_aborted;
}

std::string answer::cancellation() const
{
    return reply.was_sent() ? "cancelled; QEMU may execute it all the same" : "cancelled before it was sent";
}

std::string answer::left_open() const
{
    if (error == coqmp::errc::not_sent)
        return "QEMU has gone; the command was not sent";
    if (error == coqmp::errc::outcome_unknown)
        return "QEMU has gone before it answered: whether the command was executed is unknown";
    return {};
}

monitor::monitor(event_loop& loop, screen& screen, wire_log& log, std::unique_ptr<connection> opened)
    : loop_(loop),
      screen_(screen),
      log_(log),
      connection_(std::move(opened)),
      events_(connection_->session(), screen),
      jobs_(connection_->session())
{
    session().async_wait_closed([this](error_code error, coqmp::session_end end) {
        if (!error)
            ended_with_ = end.reason;
    });
}

answer monitor::ask(coqmp::command what)
{
    bool const negotiates = what.name() == "qmp_capabilities";
    std::optional<answer> result;
    asio::cancellation_signal give_up;
    interruption const on_interrupt(loop_, [&give_up] { give_up.emit(asio::cancellation_type::terminal); });
    session().async_execute(std::move(what),
                            asio::bind_cancellation_slot(give_up.slot(), [&result](error_code error, coqmp::reply reply) {
                                result.emplace(error, std::move(reply));
                            }));
    {
        waiting_note const note(loop_, screen_);
        loop_.run_until([&result] { return result.has_value(); });
    }
    loop_.settle();  // events that came before the answer are shown before it
    if (negotiates && !result->error && result->reply.has_value())
        unknown_.clear();
    return std::move(*result);
}

void monitor::begin_command()
{
    loop_.settle();  // the events so far are from before
    events_.forget();
}

std::optional<boost::json::value> monitor::look_up(coqmp::command what)
{
    return look_up(std::move(what), short_patience);
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

schema const& monitor::known()
{
    if (schema_.empty() && !ended_with_) {
        if (auto const found = look_up("query-qmp-schema"))
            schema_ = schema(*found);
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
