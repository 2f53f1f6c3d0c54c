#include "supervisor/supervisor_impl.hpp"

#include "detail/explained_error.hpp"
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
      table_(std::make_shared<machine_table>()),
      shutdown_(std::make_shared<shutdown_of_all>(this->executor(), table_, [this] { post_grants(); })),
      starts_(options_.concurrent_starts)
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
    check_executor();
    table_->reserve(name, std::move(after));
    try {
        table_->put(name, make_driver(name, std::move(spec), policy));
    } catch (...) {
        table_->leave_out(name);
        throw;
    }
}

void supervisor_impl::observe(std::string const& name, endpoint const& monitor, supervision_policy policy,
                              session_options const& session)
{
    policy.is_observed = true;
    check_executor();
    table_->reserve(name, {});
    try {
        auto driver =
            std::make_shared<machine_driver>(executor(), home_, *this, name, policy, std::make_shared<memory_wish_store>());
        auto const qemu = std::make_shared<observed_qemu>(executor(), monitor, session, *driver);
        driver->drive(qemu);
        table_->put(name, driver);
        asio::post(executor(), [driver, qemu] { qemu->dial(); });
    } catch (...) {
        table_->leave_out(name);
        throw;
    }
}

void supervisor_impl::check_executor() const
{
    if (!executor())
        throw asio::execution::bad_executor();
}

// A circular order is not an error here: the caller may be changing several machines one by one. All that use it cut circles.
void supervisor_impl::update(std::string const& name, machine_spec spec, supervision_policy const& policy,
                             std::vector<std::string> after)
{
    auto const driver = table_->find(name);
    if (!driver)
        throw explained_error(make_error_code(errc::no_such_machine), name + ": there is no such machine");
    if (policy.is_observed || driver->is_observed())
        throw explained_error(make_error_code(boost::system::errc::invalid_argument),
                              "cannot update the machine " + name + ": whether it is observed cannot be changed");
    if (directory_)
        (void)user_of(spec);  // says now if there is no such user
    table_->reorder(name, std::move(after));
    asio::post(executor(), [driver, policy, spec = std::move(spec)]() mutable { driver->apply(std::move(spec), policy); });
}

std::vector<std::string> supervisor_impl::stored_names() const
{
    if (!directory_)
        return {};
    auto result = directory_->names();
    std::erase_if(result, [this](std::string const& each) { return table_->contains(each); });
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
    recall(driver, name, qemu->find());
    return driver;
}

/// @param process that an earlier supervisor has launched
void supervisor_impl::recall(driver_pointer const& driver, std::string const& name, std::optional<machine_record> const& process)
{
    auto record = directory_ ? store_->load(name) : std::nullopt;
    bool const lives = process && find_process({process->process, process->start_time, process->boot_id}) != nullptr;
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

bool supervisor_impl::remove(std::string const& name, removal_pointer const& waiting)
{
    auto const driver = table_->find(name);
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
    auto const driver = table_->find(name);
    if (!driver)
        return;
    auto const releases = driver->take_releases();
    driver->abandon(true);  // its files are let go before its name is free for another machine
    table_->leave_out(name);
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
    if (output_.is_calling_out())
        post_reserved(executor(), close_memory_, std::move(end));
    else
        dispatch_reserved(executor(), close_memory_, std::move(end));
}

// ---- Starting --------------------------------------------------------------------------------------------------------------

void supervisor_impl::request_launch(std::string const& machine)
{
    starts_.request({machine, table_->order_of(machine)});
    if (shutdown_->is_under_way())
        shutdown_->keep_down(machine);
    else
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
    if (is_closed_ || shutdown_->is_under_way())
        return;
    for (std::string const& each : starts_.next()) {
        if (auto const driver = table_->find(each))
            driver->granted();
        else
            starts_.settled(each);
    }
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
    auto const all = std::make_shared<state>(std::move(handler));
    for (auto const& [name, each] : table_->entries()) {
        ++all->open;
        auto const done = [all](error_code error) { all->done(error); };
        each.driver->release({asio::bind_executor(executor(), done), executor()}, true);
    }
    all->done({});
}

// ---- Ending ----------------------------------------------------------------------------------------------------------------

void supervisor_impl::end(bool runs_handlers) noexcept
{
    if (std::exchange(is_closed_, true))
        return;
    for (auto const& [name, each] : table_->take_all())
        if (each.driver)
            each.driver->abandon(runs_handlers);
    home_->revoke();
    directory_.reset();  // the next supervisor may lock it
    store_.reset();
    shutdown_->abandon(runs_handlers);
    auto const removals = std::exchange(removals_, {});
    for (removal_pointer const& each : removals) {
        if (runs_handlers)
            each->post(error_code(asio::error::operation_aborted));
        else
            auto const dropped = std::move(*each);
    }
    if (runs_handlers)
        output_.end();
}

// The context's objects end with it, and so do the machines.
void supervisor_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    end(false);
}

}  // namespace coqmp::detail
