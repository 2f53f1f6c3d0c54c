#include "supervisor/machine_driver.hpp"

#include "detail/random_nonce.hpp"
#include "process/process_identity.hpp"
#include "proxy/monitor_proxy_impl.hpp"
#include "session/session_impl.hpp"
#include "supervisor/action_performer.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

dump_settings dump_settings_of(supervision_policy const& policy)
{
    return {policy.dump_directory, policy.largest_dump, policy.most_dumps};
}

}  // namespace

machine_driver::machine_driver(asio::any_io_executor const& executor, std::shared_ptr<revocable_executor> home,
                               driver_owner& owner, std::string name, supervision_policy const& policy,
                               std::shared_ptr<wish_store> store)
    : executor_(executor),
      home_(std::move(home)),
      owner_(&owner),
      name_(std::move(name)),
      is_observed_(policy.is_observed),
      shutdown_(policy.shutdown),
      rules_(policy, random_nonce()),
      boot_id_(current_boot_id()),
      steps_(std::make_shared<step_queue>(executor, home_, static_cast<step_owner&>(*this), name_, std::move(store))),
      clients_(std::make_shared<client_relay>(executor, home_, rules_, steps_,
                                              [this](machine_actions&& actions) { perform(std::move(actions)); })),
      dump_(std::make_shared<guest_dump>(executor, home_, static_cast<dump_owner&>(*this), name_)),
      dump_settings_(dump_settings_of(policy)),
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
    steps_->recall(record);
    if (found == found_process::alive)
        qemu_->adopt(*process);
    else if (record.boot_id != boot_id_)
        steps_->push([this] { steps_->save(); });  // if the process ends from now on, it ends during this boot
    perform(rules_.recall(record.memory, found, clock_->now()));
}

void machine_driver::stop(std::optional<std::chrono::nanoseconds> budget, wait_pointer const& waiting)
{
    if (owner_ == nullptr) {
        if (waiting)
            waiting->complete_later(asio::error::operation_aborted, machine_end());
        return;
    }
    if (waiting && !waiting->is_cancelled) {
        waiting->launch = launches_;
        waits_.push_back(waiting);
    }
    perform(rules_.stop(clock_->now(), budget));
}

void machine_driver::release(release_handler&& handler, bool leaves_stopping)
{
    if (owner_ == nullptr)
        return handler.post(error_code(asio::error::operation_aborted));
    releases_.push_back(std::make_shared<release_wait>(std::move(handler)));
    perform(leaves_stopping ? rules_.leave(clock_->now()) : rules_.release(clock_->now()));
}

void machine_driver::apply(machine_spec spec, supervision_policy const& policy)
{
    if (owner_ == nullptr)
        return;
    shutdown_ = policy.shutdown;
    dump_settings_ = dump_settings_of(policy);
    qemu_->apply(std::move(spec));
    perform(rules_.apply(policy, clock_->now()));
}

void machine_driver::cancel(wait_pointer const& waiting)
{
    waiting->is_cancelled = true;
    waits_.remove(waiting);
    waiting->complete_later(asio::error::operation_aborted, machine_end());
}

void machine_driver::granted()
{
    qemu_->launch();
}

void machine_driver::offer_monitor(std::weak_ptr<monitor_proxy_impl> const& to)
{
    std::erase_if(proxies_, [](auto const& each) { return each.expired(); });
    proxies_.push_back(to);
    auto const proxy = to.lock();
    if (auto const monitor = qemu_->monitor(); monitor && proxy)
        proxy->use(monitor, clients_);
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

void machine_driver::found()
{
    perform(rules_.recall(machine_memory(), found_process::alive, clock_->now()));
}

void machine_driver::connected(bool has_out_of_band, bool is_out_of_space_listed)
{
    auto const self = shared_from_this();
    failure_.clear();
    owner_->launched(name_);
    for (auto const& each : std::vector(proxies_))
        if (auto const proxy = each.lock())
            proxy->use(qemu_->monitor(), clients_);
    if (owner_ == nullptr)
        return;
    dump_->look(qemu_->monitor());
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
    dump_->process_ended();
    perform(rules_.ended(what, clock_->now()));
    steps_->push([this, launch] {  // when the new state has been reported
        complete_waits(launch);
        owner_->ended(name_);
    });
    steps_->run();
}

/// @param launch of the process that has ended; operations that stop a later one keep waiting
void machine_driver::complete_waits(unsigned launch)
{
    std::list<wait_pointer> stopped;
    auto const later = std::ranges::partition(waits_, [launch](auto const& each) { return each->launch <= launch; });
    stopped.splice(stopped.end(), waits_, waits_.begin(), later.begin());
    for (wait_pointer const& each : stopped)
        each->complete_later(steps_->error(), last_end_);
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
    if (owner_ == nullptr)
        return;
    dump_->take(what);
    if (what.lost_before != 0)
        dump_->look(qemu_->monitor());
}

void machine_driver::dumped()
{
    perform(rules_.finished(finished_action::dump_guest, clock_->now()));
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
        steps_->push([this, action = std::move(each)] { std::visit(action_performer{*this}, action); });
    }
    steps_->run();
    arm();
}

void machine_driver::steps_done()
{
    if (!may_have_process())
        complete_waits(launches_);  // for stops of a machine that has no process
}

void machine_driver::disk_answered()
{
    if (launch_waits_ && !steps_->error()) {
        launch_waits_ = false;
        owner_->request_launch(name_);
    }
    if (!steps_->is_held())
        perform(rules_.tick(clock_->now()));  // what was due meanwhile
    arm();
}

bool machine_driver::withdraw_launch()
{
    bool const waited = std::exchange(launch_waits_, false);
    return owner_->withdraw_launch(name_) || waited;
}

// ---- Time ------------------------------------------------------------------------------------------------------------------

void machine_driver::arm()
{
    if (!timer_ || owner_ == nullptr)
        return;
    auto const next = steps_->is_held() ? steps_->next_time() : std::min(rules_.next_time(), steps_->next_time());
    if (next == armed_for_)
        return;
    armed_for_ = time_point::max();  // without memory for the wait, the next call tries again
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
    armed_for_ = next;
}

void machine_driver::on_timer()
{
    armed_for_ = time_point::max();
    bool const was_held = steps_->is_held();
    steps_->on_time();
    if (!was_held && !steps_->is_held())
        perform(rules_.tick(clock_->now()));
    arm();
}

std::list<std::shared_ptr<machine_driver::release_wait>> machine_driver::take_releases() noexcept
{
    return std::exchange(releases_, {});
}

void machine_driver::abandon(bool runs_handlers) noexcept
{
    if (owner_ == nullptr)
        return;
    owner_ = nullptr;
    steps_->abandon();
    clients_->abandon(runs_handlers);
    dump_->abandon();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    if (qemu_)
        qemu_->abandon();
    auto const waits = std::exchange(waits_, {});
    auto const releases = std::exchange(releases_, {});
    if (runs_handlers) {
        error_code const aborted = asio::error::operation_aborted;
        for (wait_pointer const& each : waits)
            each->complete_later(aborted, machine_end());
        for (auto const& each : releases)
            each->complete_later(aborted);
    } else {  // a cancellation may still hold its wait
        for (wait_pointer const& each : waits)
            each->drop();
        for (auto const& each : releases)
            each->drop();
    }
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
