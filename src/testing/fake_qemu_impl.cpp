#include "testing/fake_qemu_impl.hpp"

#include "server/coroutine_execution.hpp"
#include "testing/small_schema.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>
#include <coqmp/schema_problem.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp::testing::detail {

namespace {

/// What `query-version` returns.
json::object version_of(fake_qemu_options const& options)
{
    coqmp::version const& number = options.greeting.version;
    return {{"qemu", json::object{{"micro", number.micro}, {"minor", number.minor}, {"major", number.major}}},
            {"package", number.package}};
}

/// The commands that the fake QEMU executes itself have no arguments.
/// @return false, after it has refused the command, if it has some
bool has_no_arguments(monitor_request& request)
{
    if (request.arguments().empty())
        return true;
    request.fail("Parameter '" + std::string(request.arguments().begin()->key()) + "' is unexpected");
    return false;
}

}  // namespace

fake_qemu_impl::fake_qemu_impl(asio::any_io_executor executor, fake_qemu_options options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      schema_(options_.schema.is_null() ? schema() : schema(options_.schema)),
      guest_(options_),
      held_(std::make_shared<held_commands>(executor_))
{
    add_own_commands();
}

void fake_qemu_impl::start()
{
    auto execute = [self = weak_from_this()](monitor_request request) {
        if (auto const alive = self.lock())
            alive->arrive(std::move(request));
    };
    monitor_ = std::make_shared<faulty_monitor>(executor_, options_.greeting, std::move(execute));
}

void fake_qemu_impl::happen(guest_change const& change)
{
    if (has_ended_)
        return;
    for (auto const& [name, data] : change.events)
        monitor_->publish(name, data);
    if (change.is_end)
        exit();
}

void fake_qemu_impl::exit()
{
    if (std::exchange(has_ended_, true))
        return;
    monitor_->end();
    held_->end();
    running_.cancel_all();
}

void fake_qemu_impl::close()
{
    exit();
    monitor_->close();
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void fake_qemu_impl::handle(std::string command, monitor_server::callback handler, command_bands bands)
{
    handlers_.insert_or_assign(std::move(command), handling{std::move(handler), bands});
}

void fake_qemu_impl::handle(std::string command, monitor_server::coroutine handler, command_bands bands)
{
    auto call = [weak = weak_from_this(), handler = std::move(handler)](monitor_request request) {
        auto const self = weak.lock();
        std::shared_ptr<coqmp::detail::running_coroutines> const running(self, &self->running_);
        coqmp::detail::start_execution(self->executor_, running, handler, std::move(request));
    };
    handle(std::move(command), monitor_server::callback(std::move(call)), bands);
}

// An ended QEMU neither executes nor answers a command. It is kept, because a request that is destroyed is answered.
void fake_qemu_impl::arrive(monitor_request request)
{
    if (has_ended_ || held_->wants(request.name()))
        held_->add(std::move(request));
    else
        execute(std::move(request));
}

void fake_qemu_impl::release()
{
    for (monitor_request& each : held_->release())
        execute(std::move(each));
}

void fake_qemu_impl::execute(monitor_request request)
{
    if (has_ended_)
        return;
    std::string const name = request.name();
    auto const found = handlers_.find(name);
    bool const is_known = schema_.has_command(name);
    if (found == handlers_.end() && !is_known)
        return request.fail(command_error{"CommandNotFound", "The command " + name + " has not been found"});
    if (request.is_out_of_band() && found != handlers_.end() && found->second.bands == command_bands::in_band)
        return request.fail("The command " + name + " does not support OOB");
    if (is_known)
        if (auto const problem = schema_.check(command(name, request.arguments())))
            return request.fail(problem->message());
    if (found == handlers_.end())
        return request.fail("The fake QEMU has no answer to " + name + ": give it one with fake_qemu::answer()");
    auto const handler = found->second.handler;  // a copy: it may replace itself
    handler(std::move(request));
}

// ---- What QEMU answers itself ----------------------------------------------------------------------------------------------

void fake_qemu_impl::add_own_commands()
{
    add_query("query-version", [this] { return version_of(options_); });
    add_query("query-name", [this] { return options_.name.empty() ? json::object() : json::object{{"name", options_.name}}; });
    add_query("query-status", [this] { return guest_.status(); });
    add_query("query-commands", [this] {
        json::array result;
        for (std::string const& each : command_names())
            result.push_back(json::object{{"name", each}});
        return result;
    });
    add_query("query-qmp-schema", [this]() -> json::value {
        return options_.schema.is_null() ? json::value(small_schema(command_names())) : options_.schema;
    });
    add_change("stop", [this] { return guest_.stop(); });
    add_change("cont", [this] { return guest_.cont(); });
    add_change("system_reset", [this] { return guest_.system_reset(); });
    add_change("system_powerdown", [] { return guest_change().publish("POWERDOWN"); });
    add_change("system_wakeup", [this] { return guest_.system_wakeup(); });
    add_change("quit", [this] { return guest_.quit(); });
}

void fake_qemu_impl::add_query(std::string name, std::function<json::value()> value)
{
    auto const answer = [value = std::move(value)](monitor_request request) {
        if (has_no_arguments(request))
            request.answer(value());
    };
    handle(std::move(name), monitor_server::callback(answer), command_bands::in_band);
}

// QEMU sends the events before the reply.
void fake_qemu_impl::add_change(std::string name, std::function<guest_change()> change)
{
    auto const answer = [this, change = std::move(change)](monitor_request request) {
        if (!has_no_arguments(request))
            return;
        guest_change what = change();
        bool const is_end = std::exchange(what.is_end, false);
        happen(what);
        if (what.refusal.empty())
            request.answer();
        else
            request.fail(what.refusal);
        if (is_end)
            exit();
    };
    handle(std::move(name), monitor_server::callback(answer), command_bands::in_band);
}

std::vector<std::string> fake_qemu_impl::command_names() const
{
    std::vector<std::string> result = schema_.command_names();
    result.emplace_back("qmp_capabilities");
    for (auto const& [name, handler] : handlers_)
        result.push_back(name);
    std::ranges::sort(result);
    result.erase(std::ranges::unique(result).begin(), result.end());
    return result;
}

}  // namespace coqmp::testing::detail
