#include "supervisor/machine_driver.hpp"

#include "detail/outcome.hpp"
#include "detail/random_nonce.hpp"
#include "process/process_identity.hpp"
#include "session/session_impl.hpp"
#include "supervisor/action_performer.hpp"

#include <coqmp/error.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

constexpr auto pause_before_saving_again = 5s;
constexpr auto patience_with_the_disk = 10s;

client_effect effect_named(std::string_view verb) noexcept
{
    if (verb == "stop")
        return client_effect::stop;
    if (verb == "cont")
        return client_effect::cont;
    return verb == "quit" ? client_effect::quit : client_effect::none;
}

client_effect effect_of(command const& request)
{
    if (request.name() != "human-monitor-command")
        return effect_named(request.name());
    auto const* const line = request.arguments().if_contains("command-line");
    auto const* const text = line != nullptr ? line->if_string() : nullptr;
    std::string_view verb = text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
    verb.remove_prefix(std::min(verb.find_first_not_of(" \t"), verb.size()));
    verb = verb.substr(0, verb.find_first_of(" \t"));
    if (verb == "s" || verb == "c" || verb == "q")
        return verb == "s" ? client_effect::stop : verb == "c" ? client_effect::cont : client_effect::quit;
    return effect_named(verb);
}

class carrying_on
{
public:
    explicit carrying_on(bool& mark) noexcept : mark_(mark) { mark_ = true; }
    carrying_on(carrying_on const&) = delete;
    carrying_on& operator=(carrying_on const&) = delete;
    ~carrying_on() { mark_ = false; }

private:
    bool& mark_;
};

}  // namespace

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
    else if (record.boot_id != boot_id_)
        steps_.emplace_back([this] { save(); });  // if the process ends from now on, it ends during this boot
    perform(rules_.recall(record.memory, found, clock_->now()));
}

void machine_driver::stop(std::optional<std::chrono::nanoseconds> budget, wait_pointer const& waiting)
{
    if (owner_ == nullptr) {
        if (waiting && waiting->handler)
            waiting->handler.post(error_code(asio::error::operation_aborted), machine_end());
        return;
    }
    if (waiting && !waiting->is_cancelled) {
        waiting->launch = launches_;
        waits_.push_back(waiting);
    }
    perform(rules_.stop(clock_->now(), budget));
}

void machine_driver::release(release_handler&& handler)
{
    if (owner_ == nullptr)
        return handler.post(error_code(asio::error::operation_aborted));
    releases_.push_back(std::make_shared<release_handler>(std::move(handler)));
    perform(rules_.release(clock_->now()));
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
    if (effect == client_effect::stop)
        perform(rules_.client(client_step::stop_sent, clock_->now()));
    else if (effect == client_effect::quit)
        return quit(std::move(request), std::move(handler));
    relay(std::move(request), std::move(handler), effect);
}

// The client's command comes first, after the wish and before our own way to end QEMU, so that it gets its answer.
void machine_driver::quit(command&& request, reply_handler&& handler)
{
    auto before = rules_.stop(clock_->now());
    auto const ends = [](machine_action const& each) { return std::holds_alternative<actions::shut_down>(each); };
    auto const first = std::ranges::find_if(before, ends);
    machine_actions later(std::make_move_iterator(first), std::make_move_iterator(before.end()));
    before.erase(first, before.end());
    perform(std::move(before));
    relay(std::move(request), std::move(handler), client_effect::quit);
    perform(std::move(later));
}

void machine_driver::relay(command&& request, reply_handler&& handler, client_effect effect)
{
    auto const client = std::make_shared<reply_handler>(std::move(handler));
    auto done = [weak = weak_from_this(), client, effect](error_code error, reply const& answer) {
        auto const self = weak.lock();
        if (self && self->owner_ != nullptr)
            self->relayed(effect, !error && answer.has_value());
        client->complete(error, answer);
    };
    auto submit = [this, client, done = std::move(done), request = std::move(request), effect, monitor = qemu_->monitor()] {
        if (unsent_.remove(client) == 0)
            return relayed(effect, false);                   // it was cancelled
        if (effect == client_effect::stop && save_error_) {  // the next supervisor would not know of it
            relayed(effect, false);
            return client->post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
        }
        auto bound = asio::bind_executor(executor_, asio::bind_cancellation_slot(client->slot(), done));
        start_execute(monitor, {std::move(bound), executor_}, command(request));
    };
    if (auto slot = client->slot(); slot.is_connected())
        slot.assign([home = home_, weak = weak_from_this(), waiting = std::weak_ptr(client)](asio::cancellation_type) {
            home->post([weak, waiting] {
                auto const self = weak.lock();
                auto const still = waiting.lock();
                if (self && still && self->unsent_.remove(still) != 0)
                    still->post(error_code(asio::error::operation_aborted), reply::unanswered(false));
            });
        });
    unsent_.push_back(client);
    steps_.emplace_back(std::move(submit));
    carry_on();
}

/// A client's command was answered, or will not be.
void machine_driver::relayed(client_effect effect, bool is_done)
{
    if (effect == client_effect::stop)
        perform(rules_.client(client_step::stop_done, clock_->now()));
    else if (effect == client_effect::cont && is_done)
        perform(rules_.client(client_step::cont_done, clock_->now()));
}

bool machine_driver::may_have_process() const noexcept
{
    auto const state = rules_.status().state;
    return state == lifecycle::starting || state == lifecycle::running || state == lifecycle::paused ||
           state == lifecycle::stopping;
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
    auto const launch = launches_;
    perform(rules_.ended(what, clock_->now()));
    steps_.emplace_back([this, launch] {  // when the new state has been reported
        complete_waits(launch);
        owner_->ended(name_);
    });
    carry_on();
}

/// @param launch of the process that has ended; operations that stop a later one keep waiting
void machine_driver::complete_waits(unsigned launch)
{
    std::list<wait_pointer> stopped;
    auto const later = std::ranges::partition(waits_, [launch](auto const& each) { return each->launch <= launch; });
    stopped.splice(stopped.end(), waits_, waits_.begin(), later.begin());
    for (wait_pointer const& each : stopped)
        each->handler.post(save_error_, machine_end(last_end_));
}

void machine_driver::happened(event const& what)
{
    machine_event published;
    published.machine = name_;
    published.what = what;
    owner_->publish(published);
    static event_filter const of_the_rules = live_machine::filter();
    if (what.lost_before != 0 || of_the_rules.accepts(what))
        perform(rules_.take(what, clock_->now()));
}

void machine_driver::wrote(std::string const& sentence)
{
    owner_->write(log_level::warning, name_, sentence);
}

// ---- Actions ---------------------------------------------------------------------------------------------------------------

void machine_driver::perform(machine_actions&& actions)
{
    for (machine_action& each : actions) {
        if (std::holds_alternative<actions::launch>(each) && owner_ != nullptr) {
            ++launches_;
            owner_->expect_launch(name_);
        }
        steps_.emplace_back([this, action = std::move(each)] { std::visit(action_performer{*this}, action); });
    }
    carry_on();
    arm();
}

void machine_driver::carry_on()
{
    if (is_carrying_on_)
        return;
    {
        carrying_on const mark(is_carrying_on_);
        while (!steps_.empty() && !is_held() && owner_ != nullptr) {
            auto const step = std::move(steps_.front());
            steps_.pop_front();
            step();
        }
    }
    if (owner_ != nullptr && !is_held() && !may_have_process())
        complete_waits(launches_);  // for stops of a machine that has no process
}

void machine_driver::save()
{
    save_again_ = time_point::max();
    record_.boot_id = boot_id_;
    is_outdated_ = is_writing_;
    if (is_writing_)
        return;  // the disk hangs
    is_writing_ = true;
    late_at_ = clock_->now() + patience_with_the_disk;
    holding_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    auto done = [home = home_, weak = weak_from_this()](error_code error) {
        home->post([weak, error] {
            if (auto const self = weak.lock())
                self->saved(error);
        });
    };
    try {
        store_->save(name_, record_, std::move(done));
    } catch (std::bad_alloc const&) {
        is_writing_ = false;
        go_on_after_save(make_error_code(boost::system::errc::not_enough_memory));
    }
}

void machine_driver::saved(error_code error)
{
    if (owner_ == nullptr)
        return;
    is_writing_ = false;
    if (is_outdated_)
        save();
    else
        go_on_after_save(error);
}

void machine_driver::go_on_after_save(error_code error)
{
    holding_ = asio::any_io_executor();
    late_at_ = time_point::max();
    if (error && error != save_error_)
        owner_->write(log_level::error, name_, "cannot store its desired state, and will try again: " + error.message());
    else if (!error && save_error_)
        owner_->write(log_level::info, name_, "its desired state is stored now");
    save_error_ = error;
    if (error && !is_writing_)
        save_again_ = clock_->now() + pause_before_saving_again;
    carry_on();
    if (!is_held())
        perform(rules_.tick(clock_->now()));  // what was due meanwhile
    arm();
}

// ---- Time ------------------------------------------------------------------------------------------------------------------

void machine_driver::arm()
{
    if (!timer_ || owner_ == nullptr)
        return;
    auto const next = is_held() ? late_at_ : std::min(rules_.next_time(), save_again_);
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

// While a record is being written, nothing that the rules ask for is done. So time does not pass for them: they would mistake
// questions that wait for the disk for questions that QEMU does not answer.
void machine_driver::on_timer()
{
    armed_for_ = time_point::max();
    if (is_held())
        return go_on_after_save(make_error_code(boost::system::errc::timed_out));
    if (clock_->now() >= save_again_)
        save();
    if (!is_held())
        perform(rules_.tick(clock_->now()));
    arm();
}

std::list<std::shared_ptr<machine_driver::release_handler>> machine_driver::take_releases() noexcept
{
    return std::exchange(releases_, {});
}

void machine_driver::abandon(bool runs_handlers) noexcept
{
    if (owner_ == nullptr)
        return;
    owner_ = nullptr;
    steps_.clear();
    holding_ = asio::any_io_executor();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    if (qemu_)
        qemu_->abandon();
    store_.reset();
    auto const waits = std::exchange(waits_, {});
    auto const unsent = std::exchange(unsent_, {});
    auto const releases = std::exchange(releases_, {});
    if (runs_handlers) {
        error_code const aborted = asio::error::operation_aborted;
        for (wait_pointer const& each : waits)
            each->handler.post(aborted, machine_end());
        for (auto const& each : unsent)
            each->post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
        for (auto const& each : releases)
            each->post(aborted);
    } else {  // a cancellation may still hold its wait
        for (wait_pointer const& each : waits)
            auto const dropped = std::move(each->handler);
        for (auto const& each : unsent)
            auto const dropped = std::move(*each);
        for (auto const& each : releases)
            auto const dropped = std::move(*each);
    }
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
