#include "supervisor/machine_driver.hpp"

#include "detail/outcome.hpp"
#include "detail/random_nonce.hpp"
#include "process/process_identity.hpp"
#include "session/session_impl.hpp"

#include <coqmp/error.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

constexpr auto pause_before_saving_again = 5s;

/// What a client's command does to the guest's pauses.
enum class client_effect { none, stop, cont };

client_effect effect_of(command const& request)
{
    std::string_view verb = request.name();
    if (verb == "human-monitor-command") {
        auto const* const line = request.arguments().if_contains("command-line");
        auto const* const text = line != nullptr ? line->if_string() : nullptr;
        verb = text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
        verb.remove_prefix(std::min(verb.find_first_not_of(" \t"), verb.size()));
        verb = verb.substr(0, verb.find_first_of(" \t"));
        if (verb == "s" || verb == "c")
            return verb == "s" ? client_effect::stop : client_effect::cont;
    }
    return verb == "stop" ? client_effect::stop : verb == "cont" ? client_effect::cont : client_effect::none;
}

bool has_process(machine_status const& status) noexcept
{
    return status.state == lifecycle::starting || status.state == lifecycle::running || status.state == lifecycle::paused ||
           status.state == lifecycle::stopping;
}

}  // namespace

/// Carries out one action.
struct action_performer
{
    machine_driver& driver;

    void operator()(actions::store const& what) const
    {
        driver.record_.memory = what.memory;
        driver.save();
    }
    void operator()(actions::launch const&) const
    {
        if (!driver.is_unsaved_)
            return driver.owner_->request_launch(driver.name_);
        process_end not_started;
        not_started.end.reason = end_reason::failed_start;
        driver.ended(not_started, "its wish could not be stored");
    }
    void operator()(actions::shut_down const& what) const
    {
        if (driver.owner_->withdraw_launch(driver.name_))
            return driver.ended(withdrawn(), {});
        shutdown_options options = driver.shutdown_;
        options.budget = what.budget;
        driver.qemu_->shut_down(options);
    }
    void operator()(actions::kill const&) const
    {
        if (driver.owner_->withdraw_launch(driver.name_))
            return driver.ended(withdrawn(), {});
        driver.qemu_->kill();
    }
    void operator()(actions::ask_state const&) const
    {
        ask(command("query-status").timeout(0s),
            [](machine_driver& self, reply const& answer) { self.perform(self.rules_.answered(answer, self.clock_->now())); });
    }
    void operator()(actions::ask_out_of_band const&) const
    {
        ask(command("query-yank").out_of_band().timeout(0s), [](machine_driver& self, reply const&) {
            self.perform(self.rules_.finished(finished_action::ask_out_of_band, self.clock_->now()));
        });
    }
    void operator()(actions::continue_guest const&) const
    {
        ask(command("cont").timeout(0s), [](machine_driver& self, reply const&) {
            self.perform(self.rules_.finished(finished_action::continue_guest, self.clock_->now()));
        });
    }
    void operator()(actions::reset_guest const&) const
    {
        ask(command("system_reset").timeout(0s), [](machine_driver&, reply const&) {});
        ask(command("cont").timeout(0s), [](machine_driver&, reply const&) {});
    }
    void operator()(actions::dump_guest const&) const
    {
        // Not built yet: the file and its limit.
        driver.owner_->write(log_level::warning, driver.name_, "its guest was not dumped: this version cannot do that");
        driver.perform(driver.rules_.finished(finished_action::dump_guest, driver.clock_->now()));
    }
    void operator()(actions::reconnect const&) const { driver.qemu_->reconnect(); }
    void operator()(actions::release const&) const
    try {
        driver.qemu_->release();
    } catch (boost::system::system_error const& failure) {
        driver.wrote(failure.what());
    }
    void operator()(actions::report const& what) const
    {
        {
            std::scoped_lock const lock(driver.mutex_);
            driver.published_ = what.status;
        }
        change reported;
        reported.machine = driver.name_;
        reported.state = what.status.state;
        reported.reason = to_string(what.status.reason);
        if (what.status.reason == lifecycle_reason::did_not_start && !driver.failure_.empty())
            reported.reason += ": " + driver.failure_;
        reported.status = what.status;
        driver.owner_->publish(reported);
    }

private:
    using answer_handler = std::function<void(machine_driver&, reply const&)>;

    void ask(command&& request, answer_handler answered) const
    {
        auto const monitor = driver.qemu_->monitor();
        if (!monitor)
            return;  // disconnected() follows, or has come
        auto done = [weak = driver.weak_from_this(), answered = std::move(answered)](error_code error, reply const& answer) {
            auto const self = weak.lock();
            if (self && !error && self->owner_ != nullptr)
                answered(*self, answer);
        };
        start_execute(monitor, {asio::bind_executor(driver.executor_, std::move(done)), driver.executor_}, std::move(request));
    }

    static process_end withdrawn()
    {
        process_end result;
        result.end.reason = end_reason::requested;
        return result;
    }
};

machine_driver::machine_driver(asio::any_io_executor const& executor, std::shared_ptr<revocable_executor> home,
                               driver_owner& owner, std::string name, supervision_policy const& policy,
                               std::shared_ptr<wish_store> store)
    : executor_(executor),
      home_(std::move(home)),
      owner_(&owner),
      name_(std::move(name)),
      shutdown_(policy.shutdown),
      store_(std::move(store)),
      rules_(policy, random_nonce()),
      boot_id_(current_boot_id()),
      clock_(&time_source_of(executor)),
      timer_(executor)
{}

machine_driver::~machine_driver()
{
    abandon(false);
}

// ---- What the operator wants -----------------------------------------------------------------------------------------------

void machine_driver::recall(memory_record const& record, found_process found, std::optional<machine_record> const& process)
{
    record_ = record;
    if (found == found_process::alive)
        qemu_->adopt(*process);
    perform(rules_.recall(record.memory, found, clock_->now()));
}

void machine_driver::stop(std::optional<std::chrono::nanoseconds> budget, wait_pointer const& waiting)
{
    if (waiting && !waiting->is_cancelled)
        waits_.push_back(waiting);
    perform(rules_.stop(clock_->now(), budget));
}

void machine_driver::cancel(wait_pointer const& waiting)
{
    waiting->is_cancelled = true;
    if (waits_.remove(waiting) != 0 || waiting->handler)
        waiting->handler.post(error_code(asio::error::operation_aborted), machine_end());
}

void machine_driver::granted()
{
    qemu_->launch();
}

// A client's `stop` reaches the rules, and what they want to be stored reaches the disk, before it reaches QEMU.
void machine_driver::execute(command&& request, reply_handler&& handler)
{
    auto const effect = effect_of(request);
    auto const monitor = qemu_->monitor();
    if (!monitor)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    if (effect == client_effect::none)
        return start_execute(monitor, std::move(handler), std::move(request));
    auto const client = std::make_shared<reply_handler>(std::move(handler));
    auto done = [weak = weak_from_this(), client, effect](error_code error, reply const& answer) {
        if (auto const self = weak.lock(); self && self->owner_ != nullptr) {
            if (effect == client_effect::stop)
                self->perform(self->rules_.client(client_step::stop_done, self->clock_->now()));
            else if (!error && answer.has_value())
                self->perform(self->rules_.client(client_step::cont_done, self->clock_->now()));
        }
        client->complete(error, answer);
    };
    auto submit = [this, client, done = std::move(done), request = std::move(request), monitor] {
        auto bound = asio::bind_executor(executor_, asio::bind_cancellation_slot(client->slot(), done));
        start_execute(monitor, {std::move(bound), executor_}, command(request));
    };
    if (effect == client_effect::stop)
        perform(rules_.client(client_step::stop_sent, clock_->now()));
    steps_.emplace_back(std::move(submit));
    carry_on();
}

machine_status machine_driver::status() const
{
    std::scoped_lock const lock(mutex_);
    return published_;
}

// ---- What happens ----------------------------------------------------------------------------------------------------------

void machine_driver::connected(bool has_out_of_band, bool is_out_of_space_listed)
{
    failure_.clear();
    owner_->launched(name_);
    perform(rules_.connected(has_out_of_band, is_out_of_space_listed, clock_->now()));
}

void machine_driver::disconnected()
{
    perform(rules_.disconnected(clock_->now()));
}

void machine_driver::ended(process_end const& what, std::string const& failure)
{
    failure_ = failure;
    last_end_ = what.end;
    owner_->launched(name_);
    perform(rules_.ended(what, clock_->now()));
    steps_.emplace_back([this] {  // when the new state has been reported
        complete_waits();
        owner_->ended(name_);
    });
    carry_on();
}

void machine_driver::complete_waits()
{
    auto const stopped = std::exchange(waits_, {});
    for (wait_pointer const& each : stopped)
        each->handler.post(error_code(), machine_end(last_end_));
}

void machine_driver::happened(event const& what)
{
    machine_event published;
    published.machine = name_;
    published.what = what;
    owner_->publish(published);
    if (what.lost_before != 0 || live_machine::filter().accepts(what))
        perform(rules_.take(what, clock_->now()));
}

void machine_driver::wrote(std::string const& sentence)
{
    owner_->write(log_level::warning, name_, sentence);
}

// ---- Actions ---------------------------------------------------------------------------------------------------------------

void machine_driver::perform(machine_actions&& actions)
{
    for (machine_action& each : actions)
        steps_.emplace_back([this, action = std::move(each)] { std::visit(action_performer{*this}, action); });
    carry_on();
    arm();
}

void machine_driver::carry_on()
{
    if (is_carrying_on_)
        return;
    is_carrying_on_ = true;
    while (!steps_.empty() && !saving_ && owner_ != nullptr) {
        auto const step = std::move(steps_.front());
        steps_.pop_front();
        step();
    }
    is_carrying_on_ = false;
    if (owner_ != nullptr && !saving_ && !has_process(rules_.status()))
        complete_waits();  // of a stop of a machine that has no process
}

void machine_driver::save()
{
    save_again_ = time_point::max();
    record_.boot_id = boot_id_;
    saving_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    auto done = [home = home_, weak = weak_from_this()](error_code error) {
        home->post([weak, error] {
            if (auto const self = weak.lock())
                self->saved(error);
        });
    };
    store_->save(name_, record_, std::move(done));
}

void machine_driver::saved(error_code error)
{
    if (owner_ == nullptr)
        return;
    saving_ = asio::any_io_executor();
    is_unsaved_ = error.failed();
    if (error) {
        owner_->write(log_level::error, name_, "its wish could not be stored, and is not yet in force: " + error.message());
        save_again_ = clock_->now() + pause_before_saving_again;
    }
    carry_on();
    arm();
}

// ---- Time ------------------------------------------------------------------------------------------------------------------

void machine_driver::arm()
{
    if (!timer_ || owner_ == nullptr)
        return;
    auto const next = std::min(rules_.next_time(), save_again_);
    if (next == armed_for_)
        return;
    armed_for_ = next;
    if (next == time_point::max()) {
        clock_->forget(*timer_);
        timer_->cancel();
        return;
    }
    clock_->expire_at(*timer_, next);
    timer_->async_wait([weak = weak_from_this(), next](error_code) {
        if (auto const self = weak.lock();
            self && self->armed_for_ == next && self->owner_ != nullptr && self->clock_->now() >= next)
            self->on_timer();
    });
}

void machine_driver::on_timer()
{
    armed_for_ = time_point::max();
    if (clock_->now() >= save_again_ && !saving_)
        save();
    perform(rules_.tick(clock_->now()));
}

void machine_driver::abandon(bool runs_handlers) noexcept
{
    if (owner_ == nullptr)
        return;
    owner_ = nullptr;
    steps_.clear();
    saving_ = asio::any_io_executor();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    if (qemu_)
        qemu_->abandon();
    auto const waits = std::exchange(waits_, {});
    for (wait_pointer const& each : waits) {
        if (runs_handlers)
            each->handler.post(error_code(asio::error::operation_aborted), machine_end());
        else
            auto const dropped = std::move(each->handler);
    }
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
