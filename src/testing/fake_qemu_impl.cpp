#include "testing/fake_qemu_impl.hpp"

#include "testing/small_schema.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/error.hpp>
#include <coqmp/schema_problem.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp::testing::detail {

namespace {

monitor_server_options server_options(fake_qemu_options const& options)
{
    monitor_server_options result;
    result.greeting = options.greeting;
    result.most_clients = std::numeric_limits<std::size_t>::max();
    result.event_bytes = std::numeric_limits<std::size_t>::max();  // QEMU loses no event of a client that does not read
    return result;
}

command_error error_of(std::exception_ptr const& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (command_failed const& failure) {
        return failure.error();
    } catch (std::exception const& failure) {
        return {"GenericError", failure.what()};
    } catch (...) {
        return {"GenericError", "The command failed"};
    }
}

/// @param handler a copy of its own: it may be replaced before the coroutine has ended
asio::awaitable<void> execute_and_answer(monitor_server::coroutine handler, monitor_request request)
{
    std::exception_ptr failure;
    try {
        json::value const value = co_await handler(request);
        request.answer(value);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        request.fail(error_of(failure));
}

std::string text_of(schema_problem const& problem)
{
    std::ostringstream text;
    text << problem;
    return text.str();
}

}  // namespace

fake_qemu_impl::fake_qemu_impl(asio::any_io_executor executor, fake_qemu_options options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      schema_(options_.schema.is_null() ? schema() : schema(options_.schema)),
      server_(executor_, server_options(options_)),
      guest_(options_),
      held_one_(executor_, std::chrono::steady_clock::time_point::max())
{
    add_own_commands();
}

void fake_qemu_impl::start()
{
    server_.handle_others([self = weak_from_this()](monitor_request request) {
        if (auto const alive = self.lock())
            alive->arrive(std::move(request));
    });
}

// ---- Connections -----------------------------------------------------------------------------------------------------------

endpoint fake_qemu_impl::listen(endpoint const& address)
{
    auto const at = std::make_shared<monitor_address>(executor_);
    at->address = detail::listen(at->acceptor, address, 8);
    addresses_.push_back(at);
    accept(at);
    return at->address;
}

void fake_qemu_impl::accept(std::shared_ptr<monitor_address> const& at)
{
    at->acceptor.async_accept([self = weak_from_this(), at](error_code error, stream client) {
        auto const alive = self.lock();
        if (!alive || error || alive->has_ended_)
            return;
        auto const line = alive->serve(std::move(client));
        at->client = line;
        if (!line->is_open())
            alive->accept(at);  // a fault has ended it at once
    });
}

endpoint fake_qemu_impl::pair()
{
    stream client(executor_);
    descriptor other = open_pair(client);
    serve(std::move(client));
    return endpoint::descriptor(std::move(other));
}

void fake_qemu_impl::dial(endpoint const& listener)
{
    stream client(executor_);
    connect(client, listener);
    serve(std::move(client));
}

std::shared_ptr<wire> fake_qemu_impl::serve(stream client)
{
    stream monitor(executor_);
    endpoint const other = endpoint::descriptor(open_pair(monitor));
    server_.async_dial(other, [](error_code, std::uint64_t) {});
    auto result = std::make_shared<wire>(weak_from_this(), std::move(client), std::move(monitor));
    wires_.push_back(result);
    result->split(most_at_once_);
    result->set_gate(gate_);
    result->start();
    return result;
}

void fake_qemu_impl::ended(wire& which)
{
    for (auto const& each : addresses_)
        if (each->client.lock().get() == &which && !has_ended_)
            accept(each);
    std::erase_if(wires_, [&which](auto const& each) { return each.get() == &which; });
}

void fake_qemu_impl::say(std::string_view bytes)
{
    auto const wires = wires_;
    for (auto const& each : wires)
        each->say(bytes);
}

void fake_qemu_impl::split(std::size_t bytes)
{
    most_at_once_ = bytes;
    for (auto const& each : wires_)
        each->split(bytes);
}

void fake_qemu_impl::set_gate(line_gate const& gate)
{
    gate_ = gate;
    auto const wires = wires_;  // a wire that ends is erased
    for (auto const& each : wires)
        each->set_gate(gate);
}

void fake_qemu_impl::exit()
{
    if (std::exchange(has_ended_, true))
        return;
    // On a strand, the server sends later what it was given before.
    asio::post(executor_, [self = shared_from_this()] { self->server_.close(); });
    for (auto const& each : addresses_) {
        error_code ignored;
        each->acceptor.close(ignored);
        if (each->address.is_unix())
            ::unlink(each->address.path().c_str());
    }
    auto const running = running_;
    for (auto const& each : running)
        each->emit(asio::cancellation_type::terminal);
    held_one_.cancel();
}

void fake_qemu_impl::close() noexcept
{
    exit();
    auto const wires = wires_;
    for (auto const& each : wires)
        each->close();
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void fake_qemu_impl::handle(std::string command, monitor_server::callback handler, execution bands)
{
    handlers_.insert_or_assign(std::move(command), handling{std::move(handler), bands});
}

void fake_qemu_impl::handle(std::string command, monitor_server::coroutine handler, execution bands)
{
    auto call = [self = weak_from_this(), handler = std::move(handler)](monitor_request request) {
        if (auto const alive = self.lock())
            alive->run(handler, std::move(request));
    };
    handle(std::move(command), monitor_server::callback(std::move(call)), bands);
}

void fake_qemu_impl::run(monitor_server::coroutine const& handler, monitor_request request)
{
    auto const signal = std::make_shared<asio::cancellation_signal>();
    running_.push_back(signal);
    auto const done = [self = weak_from_this(), signal](std::exception_ptr) {
        if (auto const alive = self.lock())
            alive->running_.remove(signal);
    };
    asio::co_spawn(executor_, execute_and_answer(handler, std::move(request)),
                   asio::bind_cancellation_slot(signal->slot(), done));
}

void fake_qemu_impl::arrive(monitor_request request)
{
    if (!has_ended_ && !holds_all_ && !held_names_.contains(request.name()))
        return execute(std::move(request));
    held_.push_back(std::move(request));
    held_one_.cancel();
}

void fake_qemu_impl::release()
{
    holds_all_ = false;
    held_names_.clear();
    auto held = std::exchange(held_, {});
    for (monitor_request& each : held)
        execute(std::move(each));
}

asio::awaitable<monitor_request> fake_qemu_impl::expect(std::string command)
{
    auto const self = shared_from_this();
    while (held_.empty()) {
        if (has_ended_)
            throw system_error(make_error_code(errc::disconnected), "the fake QEMU expected " + command + ", but it has ended");
        co_await held_one_.async_wait(asio::as_tuple(asio::deferred));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw system_error(asio::error::operation_aborted);
    }
    if (held_.front().name() != command)
        throw std::runtime_error("the fake QEMU expected " + command + " and got " + held_.front().name());
    monitor_request result = std::move(held_.front());
    held_.pop_front();
    co_return std::move(result);
}

void fake_qemu_impl::execute(monitor_request request)
{
    std::string const name = request.name();
    auto const found = handlers_.find(name);
    bool const is_known = schema_.has_command(name);
    if (found == handlers_.end() && !is_known)
        return request.fail(command_error{"CommandNotFound", "The command " + name + " has not been found"});
    if (request.is_out_of_band() && found != handlers_.end() && found->second.bands == execution::in_band)
        return request.fail("The command " + name + " does not support OOB");
    if (is_known)
        if (auto const problem = schema_.check(command(name, request.arguments())))
            return request.fail(text_of(*problem));
    if (found == handlers_.end())
        return request.fail("The fake QEMU has no answer to " + name + ": give it one with fake_qemu::answer()");
    auto const handler = found->second.handler;  // it may replace itself
    handler(std::move(request));
}

void fake_qemu_impl::happen(guest_change const& change)
{
    if (has_ended_)
        return;
    for (auto const& [name, data] : change.events)
        publish(name, data);
    if (change.is_end)
        exit();
}

// ---- What QEMU answers itself ----------------------------------------------------------------------------------------------

void fake_qemu_impl::add_own_commands()
{
    add_query("query-version", [this] { return version(); });
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
        if (!request.arguments().empty())
            return request.fail("Parameter '" + std::string(request.arguments().begin()->key()) + "' is unexpected");
        request.answer(value());
    };
    handle(std::move(name), monitor_server::callback(answer), execution::in_band);
}

// QEMU's events leave before the return.
void fake_qemu_impl::add_change(std::string name, std::function<guest_change()> change)
{
    auto const answer = [this, change = std::move(change)](monitor_request request) {
        if (!request.arguments().empty())
            return request.fail("Parameter '" + std::string(request.arguments().begin()->key()) + "' is unexpected");
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
    handle(std::move(name), monitor_server::callback(answer), execution::in_band);
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

json::value fake_qemu_impl::version() const
{
    coqmp::version const& number = options_.greeting.version;
    return json::object{{"qemu", json::object{{"micro", number.micro}, {"minor", number.minor}, {"major", number.major}}},
                        {"package", number.package}};
}

}  // namespace coqmp::testing::detail
