#include "supervisor/supervisor_impl.hpp"

#include "detail/explained_error.hpp"
#include "detail/log.hpp"
#include "detail/post_reserved.hpp"
#include "machine/machine_directory.hpp"
#include "process/process_identity.hpp"
#include "supervisor/launched_qemu.hpp"
#include "supervisor/memory_wish_store.hpp"
#include "supervisor/monitor_access.hpp"
#include "supervisor/observed_qemu.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/bad_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_machine_name = 64;
constexpr auto time_to_die = 5s;

/// @param budget zero: no limit; negative: none is left
time_source::time_point end_of_budget(std::chrono::nanoseconds budget, time_source::time_point now) noexcept
{
    auto const no_end = time_source::time_point::max();
    if (budget < 0ns)
        return now;
    return budget == 0ns || budget >= no_end - now ? no_end : now + budget;
}

class calling_out
{
public:
    explicit calling_out(std::atomic<int>& calls) noexcept : calls_(calls) { ++calls_; }
    calling_out(calling_out const&) = delete;
    calling_out& operator=(calling_out const&) = delete;
    ~calling_out() { --calls_; }

private:
    std::atomic<int>& calls_;
};

bool is_letter_or_digit(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_machine_name(std::string_view name) noexcept
{
    auto const may_follow = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= longest_machine_name && is_letter_or_digit(name.front()) &&
           std::ranges::all_of(name, may_follow);
}

[[noreturn]] void refuse_machine(errc why, std::string const& name)
{
    error_code const code = make_error_code(why);
    throw explained_error(code, "cannot add the machine " + name + ": " + code.message());
}

std::shared_ptr<wish_store> store_in(std::shared_ptr<directory_wish_store> const& directory)
{
    if (directory)
        return directory;
    return std::make_shared<memory_wish_store>();
}

/// Takes the whole store, so that its descriptors have no other owner.
std::shared_ptr<kept_monitors> kept_in(descriptor_store store, bool has_directory)
{
    return has_directory ? std::make_shared<kept_monitors>(std::move(store)) : nullptr;
}

}  // namespace

supervisor_impl::supervisor_impl(asio::any_io_executor executor, supervisor_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      home_(std::make_shared<revocable_executor>(this->executor())),
      directory_(options_.directory.empty() ? nullptr : std::make_shared<directory_wish_store>(options_.directory)),
      store_(store_in(directory_)),
      kept_(kept_in(std::exchange(options_.store, {}), directory_ != nullptr)),
      starts_(options_.concurrent_starts),
      clock_(&time_source_of(this->executor())),
      timer_(this->executor())
{}

supervisor_impl::~supervisor_impl()
{
    end(false);
}

// ---- The table, from any thread --------------------------------------------------------------------------------------------

void supervisor_impl::add(std::string const& name, machine_spec spec, supervision_policy const& policy,
                          std::vector<std::string> after)
{
    if (policy.is_observed)
        throw explained_error(make_error_code(boost::system::errc::invalid_argument),
                              "cannot add the machine " + name + ": supervisor::observe() is for a QEMU of another owner");
    reserve(name, std::move(after));
    try {
        put(name, make_driver(name, std::move(spec), policy));
    } catch (...) {
        leave_out(name);
        throw;
    }
}

void supervisor_impl::observe(std::string const& name, endpoint const& monitor, supervision_policy policy,
                              session_options const& session)
{
    policy.is_observed = true;
    reserve(name, {});
    try {
        auto driver =
            std::make_shared<machine_driver>(executor(), home_, *this, name, policy, std::make_shared<memory_wish_store>());
        auto const qemu = std::make_shared<observed_qemu>(executor(), monitor, session, *driver);
        driver->drive(qemu);
        put(name, driver);
        asio::post(executor(), [driver, qemu] { qemu->dial(); });
    } catch (...) {
        leave_out(name);
        throw;
    }
}

void supervisor_impl::reserve(std::string const& name, std::vector<std::string> after)
{
    if (!is_machine_name(name))
        refuse_machine(errc::invalid_name, name);
    if (!executor())
        throw asio::execution::bad_executor();
    std::scoped_lock const lock(mutex_);
    if (machines_.contains(name))
        refuse_machine(errc::name_in_use, name);
    check_order(name, after);
    machines_.emplace(name, entry{nullptr, std::move(after)});
}

void supervisor_impl::put(std::string const& name, driver_pointer const& driver)
{
    std::scoped_lock const lock(mutex_);
    machines_[name].driver = driver;
}

void supervisor_impl::leave_out(std::string const& name) noexcept
{
    std::scoped_lock const lock(mutex_);
    machines_.erase(name);
}

// A circular order is not an error here: the caller may be changing several machines one by one. All that use it cut circles.
void supervisor_impl::update(std::string const& name, machine_spec spec, supervision_policy const& policy,
                             std::vector<std::string> after)
{
    auto const driver = find(name);
    if (!driver)
        throw explained_error(make_error_code(errc::no_such_machine), name + ": there is no such machine");
    if (policy.is_observed || driver->is_observed())
        throw explained_error(make_error_code(boost::system::errc::invalid_argument),
                              "cannot update the machine " + name + ": whether it is observed cannot be changed");
    if (directory_)
        (void)user_of(spec);  // says now if there is no such user
    {
        std::scoped_lock const lock(mutex_);
        if (auto const found = machines_.find(name); found != machines_.end())
            found->second.after = std::move(after);
    }
    asio::post(executor(), [driver, policy, spec = std::move(spec)]() mutable { driver->apply(std::move(spec), policy); });
}

std::vector<std::string> supervisor_impl::stored_names() const
{
    if (!directory_)
        return {};
    auto result = directory_->names();
    std::scoped_lock const lock(mutex_);
    std::erase_if(result, [this](std::string const& each) { return machines_.contains(each); });
    return result;
}

/// Reads files, so the table is not locked.
supervisor_impl::driver_pointer supervisor_impl::make_driver(std::string const& name, machine_spec spec,
                                                             supervision_policy const& policy)
{
    auto driver = std::make_shared<machine_driver>(executor(), home_, *this, name, policy, store_);
    std::string const place = directory_ ? directory_->directory_of(name) : std::string();
    std::shared_ptr<void const> lock = directory_ ? directory_->lock() : nullptr;
    auto const qemu = std::make_shared<launched_qemu>(executor(), home_, std::move(spec), place, std::move(lock), *driver);
    driver->drive(qemu);
    if (kept_)
        qemu->keep_monitor_in(kept_monitor(kept_, name));
    recall(driver, name, qemu->find());
    return driver;
}

void supervisor_impl::check_order(std::string const& name, std::vector<std::string> const& after) const
{
    if (after.empty())
        return;
    std::vector<ordered_machine> all{{name, after}};
    for (auto const& [each, known] : machines_)
        all.push_back({each, known.after});
    auto const circle = find_circle(all);
    if (circle.empty())
        return;
    std::string text = "cannot add the machine " + name + ": the order would be circular, as each would start after the next:";
    for (std::string const& each : circle)
        text += ' ' + each;
    throw explained_error(make_error_code(boost::system::errc::invalid_argument), text);
}

/// @param process that an earlier supervisor has launched
void supervisor_impl::recall(driver_pointer const& driver, std::string const& name, std::optional<machine_record> const& process)
{
    auto record = directory_ ? store_->load(name) : std::nullopt;
    // One that has ended counts as alive until its last events have been read.
    bool const lives = process && (find_process({process->process, process->start_time, process->boot_id}) != nullptr ||
                                   (kept_ && kept_->has_unread(name, *process)));
    if (kept_ && !lives)
        asio::post(executor(), [weak = weak_from_this(), name] {
            if (auto const self = weak.lock(); self && !self->is_closed_)
                self->kept_->drop(name);
        });
    if (!record && !lives)
        return;
    std::string const boot = current_boot_id();
    if (!record) {  // its wish was lost, but it runs: it was to be up
        record.emplace();
        record->memory.wish = machine_wish::up;
        record->boot_id = boot;
    }
    auto const found = lives ? found_process::alive : record->boot_id == boot ? found_process::gone : found_process::other_boot;
    asio::post(executor(), [driver, record = *record, found, process] { driver->recall(record, found, process); });
}

supervisor_impl::driver_pointer supervisor_impl::find(std::string_view name) const
{
    std::scoped_lock const lock(mutex_);
    auto const found = machines_.find(name);
    return found != machines_.end() ? found->second.driver : nullptr;
}

std::vector<std::string> supervisor_impl::names() const
{
    std::vector<std::string> result;
    for (auto const& [name, each] : entries())
        result.push_back(name);
    return result;
}

std::map<std::string, supervisor_impl::entry, std::less<>> supervisor_impl::entries() const
{
    std::scoped_lock const lock(mutex_);
    auto result = machines_;
    std::erase_if(result, [](auto const& each) { return !each.second.driver; });
    return result;
}

bool supervisor_impl::remove(std::string const& name, removal_pointer const& waiting)
{
    auto const driver = find(name);
    if (!driver) {
        waiting->complete(error_code());
        return true;
    }
    if (driver->may_have_process() && !driver->is_observed())
        return false;
    driver->abandon(true);
    removals_.push_back(waiting);
    // The name is free when the files are gone.
    store_->forget(name, [home = home_, weak = weak_from_this(), pending = std::weak_ptr(waiting), name](error_code) {
        home->post([weak, pending, name] {
            auto const self = weak.lock();
            auto const done = pending.lock();
            if (!self || !done || self->removals_.remove(done) == 0)
                return;
            self->take_out(name);
            done->complete(error_code());
        });
    });
    return true;
}

void supervisor_impl::take_out(std::string const& name)
{
    auto const driver = find(name);
    if (!driver)
        return;
    auto const releases = driver->take_releases();
    driver->abandon(true);  // its files are let go before its name is free for another machine
    {
        std::scoped_lock const lock(mutex_);
        machines_.erase(name);
    }
    if (kept_ && !releases_all_)
        kept_->drop(name);
    starts_.withdraw(name);
    launched(name);
    ended(name);
    for (auto const& each : releases)
        each->post(driver->release_result());
}

void supervisor_impl::released(std::string const& machine)
{
    asio::post(executor(), [self = shared_from_this(), machine] { self->take_out(machine); });
}

void supervisor_impl::close() noexcept
{
    if (!executor())
        return;
    auto end = [self = shared_from_this()] { self->end(true); };
    if (calls_out_ != 0)
        post_reserved(executor(), close_memory_, std::move(end));
    else
        dispatch_reserved(executor(), close_memory_, std::move(end));
}

// ---- Starting --------------------------------------------------------------------------------------------------------------

void supervisor_impl::request_launch(std::string const& machine)
{
    std::vector<std::string> after;
    {
        std::scoped_lock const lock(mutex_);
        auto const found = machines_.find(machine);
        if (found != machines_.end())
            after = found->second.after;
    }
    starts_.request({machine, std::move(after)});
    if (!order_)
        return post_grants();
    asio::post(executor(), [self = shared_from_this(), machine] {  // all are going down: only its wish is stored
        if (auto const driver = self->find(machine))
            driver->stop_with_host(std::chrono::nanoseconds::zero());
    });
}

bool supervisor_impl::withdraw_launch(std::string const& machine)
{
    bool const waited = starts_.withdraw(machine);
    post_grants();
    return waited;
}

void supervisor_impl::launched(std::string const& machine)
{
    starts_.settled(machine);
    post_grants();
}

void supervisor_impl::post_grants()
{
    asio::post(executor(), [self = shared_from_this()] { self->grant(); });
}

void supervisor_impl::grant()
{
    if (is_closed_ || order_)
        return;
    for (std::string const& each : starts_.next()) {
        if (auto const driver = find(each))
            driver->granted();
        else
            starts_.settled(each);
    }
}

// ---- Shutting all down -----------------------------------------------------------------------------------------------------

void supervisor_impl::shut_down(std::chrono::nanoseconds budget, shutdown_pointer const& waiting)
{
    if (is_closed_ || waiting->is_cancelled) {
        if (waiting->handler)
            waiting->handler.post(error_code(asio::error::operation_aborted));
        return;
    }
    waits_.push_back(waiting);
    auto const now = clock_->now();
    auto const end = end_of_budget(budget, now);
    if (order_ && end_of_shutdown_ <= end)
        return;
    end_of_shutdown_ = end;
    std::vector<ordered_machine> running;
    for (auto const& [name, each] : entries()) {
        if (each.driver->is_observed())
            continue;
        if (each.driver->may_have_process())
            running.push_back({name, each.after});
        else
            each.driver->stop_with_host(budget);  // it might be started again soon
    }
    order_.emplace(running, budget, now);
    go_on_shutting_down();
}

void supervisor_impl::go_on_shutting_down()
{
    if (!order_ || !timer_)
        return;
    for (auto const& each : order_->next(clock_->now())) {
        if (auto const driver = find(each.name))
            driver->stop_with_host(each.budget);
        else
            order_->ended(each.name);
    }
    // Those that were killed at the end of the budget need a moment.
    auto const next = order_->is_over() ? end_of_budget(time_to_die, end_of_shutdown_) : order_->next_time();
    if (!order_->is_over() || (!is_down() && clock_->now() < next)) {
        clock_->expire_at(*timer_, next);
        timer_->async_wait([weak = weak_from_this(), next](error_code) {
            auto const self = weak.lock();
            if (self && self->order_ && self->clock_->now() >= next)
                self->go_on_shutting_down();
        });
        return;
    }
    order_.reset();
    clock_->forget(*timer_);
    timer_->cancel();
    post_grants();
    error_code const result = is_down() ? error_code() : error_code(make_error_code(errc::timed_out));
    for (shutdown_pointer const& each : std::exchange(waits_, {}))
        each->handler.post(result);
}

bool supervisor_impl::is_down() const
{
    auto const all = entries();
    return std::ranges::none_of(
        all, [](auto const& each) { return each.second.driver->may_have_process() && !each.second.driver->is_observed(); });
}

void supervisor_impl::ended(std::string const& machine)
{
    if (!order_)
        return;
    order_->ended(machine);
    asio::post(executor(), [self = shared_from_this(), machine] {
        auto const driver = self->find(machine);
        if (driver && self->order_)
            driver->stop_with_host(std::chrono::nanoseconds::zero());  // it is not started again meanwhile
        self->go_on_shutting_down();
    });
}

void supervisor_impl::cancel(shutdown_pointer const& waiting)
{
    waiting->is_cancelled = true;
    waits_.remove(waiting);
    if (waiting->handler)
        waiting->handler.post(error_code(asio::error::operation_aborted));
}

void supervisor_impl::release_all(release_all_handler&& handler)
{
    struct state
    {
        explicit state(release_all_handler&& waits) : waiting(std::move(waits)) {}
        release_all_handler waiting;
        std::size_t open = 1;
        std::size_t unreleased = 0;
        void done(error_code error)
        {
            unreleased += error ? 1 : 0;
            if (--open == 0)
                waiting.post(error_code(), unreleased);
        }
    };
    if (is_closed_)
        return handler.post(error_code(asio::error::operation_aborted), std::size_t());
    releases_all_ = true;
    auto const all = std::make_shared<state>(std::move(handler));
    for (auto const& [name, each] : entries()) {
        ++all->open;
        auto const done = [all](error_code error) { all->done(error); };
        each.driver->release({asio::bind_executor(executor(), done), executor()}, true);
    }
    all->done({});
}

// ---- Ending ----------------------------------------------------------------------------------------------------------------

void supervisor_impl::publish(change const& what)
{
    calling_out const mark(calls_out_);
    changes_.publish(what);
}

void supervisor_impl::publish(machine_event const& what)
{
    calling_out const mark(calls_out_);
    events_.publish(what);
}

void supervisor_impl::write(log_level level, std::string const& machine, std::string const& sentence)
{
    calling_out const mark(calls_out_);
    log(options_.log, machine, level, sentence);
}

void supervisor_impl::end(bool runs_handlers) noexcept
{
    if (std::exchange(is_closed_, true))
        return;
    std::map<std::string, entry, std::less<>> all;
    {
        std::scoped_lock const lock(mutex_);
        all.swap(machines_);
    }
    for (auto const& [name, each] : all)
        if (each.driver)
            each.driver->abandon(runs_handlers);
    home_->revoke();
    directory_.reset();  // the next supervisor may lock it
    store_.reset();
    order_.reset();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    auto const waits = std::exchange(waits_, {});
    auto const removals = std::exchange(removals_, {});
    for (shutdown_pointer const& each : waits) {
        if (runs_handlers)
            each->handler.post(error_code(asio::error::operation_aborted));
        else
            auto const dropped = std::move(each->handler);
    }
    for (removal_pointer const& each : removals) {
        if (runs_handlers)
            each->post(error_code(asio::error::operation_aborted));
        else
            auto const dropped = std::move(*each);
    }
    if (runs_handlers) {
        changes_.end();
        events_.end();
    }
}

// The context's objects end with it, and so do the machines.
void supervisor_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    end(false);
}

}  // namespace coqmp::detail
