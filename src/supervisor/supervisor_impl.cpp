#include "supervisor/supervisor_impl.hpp"

#include "detail/explained_error.hpp"
#include "detail/log.hpp"
#include "detail/post_reserved.hpp"
#include "process/process_identity.hpp"
#include "supervisor/launched_qemu.hpp"
#include "supervisor/memory_wish_store.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

constexpr std::size_t longest_machine_name = 64;

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

bool may_have_process(machine_status const& status) noexcept
{
    return status.state == lifecycle::starting || status.state == lifecycle::running || status.state == lifecycle::paused ||
           status.state == lifecycle::stopping;
}

std::shared_ptr<wish_store> store_in(std::shared_ptr<directory_wish_store> const& directory)
{
    if (directory)
        return directory;
    return std::make_shared<memory_wish_store>();
}

}  // namespace

supervisor_impl::supervisor_impl(asio::any_io_executor executor, supervisor_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      home_(std::make_shared<revocable_executor>(this->executor())),
      directory_(options_.directory.empty() ? nullptr : std::make_shared<directory_wish_store>(options_.directory)),
      store_(store_in(directory_)),
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
    if (!is_machine_name(name))
        refuse_machine(errc::invalid_name, name);
    std::scoped_lock const lock(mutex_);
    if (machines_.contains(name))
        refuse_machine(errc::name_in_use, name);
    check_order(name, after);
    auto const driver = std::make_shared<machine_driver>(executor(), home_, *this, name, policy, store_);
    std::string const place = directory_ ? directory_->directory_of(name) : std::string();
    auto const qemu = std::make_shared<launched_qemu>(executor(), home_, std::move(spec), place, *driver);
    driver->drive(qemu);
    recall(driver, name, qemu->record());
    machines_.emplace(name, entry{driver, std::move(after)});
}

void supervisor_impl::check_order(std::string const& name, std::vector<std::string> const& after) const
{
    std::vector<ordered_machine> all{{name, after}};
    for (auto const& [each, known] : machines_)
        all.push_back({each, known.after});
    auto const circle = find_circle(all);
    if (circle.empty())
        return;
    std::string text = "cannot add the machine " + name + ": each would have to start after the next one:";
    for (std::string const& each : circle)
        text += ' ' + each;
    throw explained_error(make_error_code(boost::system::errc::invalid_argument), text);
}

/// @param process that an earlier supervisor has launched
void supervisor_impl::recall(driver_pointer const& driver, std::string const& name, std::optional<machine_record> const& process)
{
    auto record = directory_ ? store_->load(name) : std::nullopt;
    if (!record && !process)
        return;
    std::string const boot = current_boot_id();
    if (!record) {  // its wish was lost, but it runs: it was wanted
        record.emplace();
        record->memory.wish = machine_wish::up;
        record->boot_id = boot;
    }
    bool const lives = process && find_process({process->process, process->start_time, process->boot_id}) != nullptr;
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
    return machines_;
}

void supervisor_impl::remove(std::string const& name)
{
    std::unique_lock lock(mutex_);
    auto const found = machines_.find(name);
    if (found == machines_.end())
        return;
    auto const driver = found->second.driver;
    machines_.erase(found);
    lock.unlock();
    driver->abandon(true);
    store_->forget(name);
}

void supervisor_impl::close() noexcept
{
    if (executor())
        dispatch_reserved(executor(), close_memory_, [self = shared_from_this()] { self->end(true); });
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
    post_grants();
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
    std::vector<ordered_machine> running;
    for (auto const& [name, each] : entries()) {
        if (may_have_process(each.driver->status()))
            running.push_back({name, each.after});
        else
            each.driver->stop_with_host(budget);  // it might be started again soon
    }
    order_.emplace(running, budget, clock_->now());
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
    if (!order_->is_over()) {
        clock_->expire_at(*timer_, order_->next_time());
        timer_->async_wait([weak = weak_from_this()](error_code) {
            auto const self = weak.lock();
            if (self && self->order_ && self->clock_->now() >= self->order_->next_time())
                self->go_on_shutting_down();
        });
        return;
    }
    order_.reset();
    clock_->forget(*timer_);
    timer_->cancel();
    post_grants();
    auto const all = entries();
    bool const is_down =
        std::ranges::none_of(all, [](auto const& each) { return may_have_process(each.second.driver->status()); });
    for (shutdown_pointer const& each : std::exchange(waits_, {}))
        each->handler.post(is_down ? error_code() : error_code(make_error_code(errc::timed_out)));
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

// ---- Ending ----------------------------------------------------------------------------------------------------------------

void supervisor_impl::write(log_level level, std::string const& machine, std::string const& sentence)
{
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
        each.driver->abandon(runs_handlers);
    order_.reset();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    auto const waits = std::exchange(waits_, {});
    for (shutdown_pointer const& each : waits) {
        if (runs_handlers)
            each->handler.post(error_code(asio::error::operation_aborted));
        else
            auto const dropped = std::move(each->handler);
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
    home_->revoke();
    end(false);
}

}  // namespace coqmp::detail
