#include "daemon/request_loop.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/log/log_priority.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace coqmp_daemon {

request_loop::request_loop(asio::any_io_executor executor, service_state& state, logger& log, actions to_call)
    : executor_(std::move(executor)), state_(state), log_(log), actions_(std::move(to_call)), signals_(executor_)
{}

asio::awaitable<void> request_loop::run()
{
    for (;;) {
        signal_request const request = co_await signals_.next();
        if (request == signal_request::end)
            break;
        if (is_reloading_)
            wants_another_ = true;
        else
            begin_reload();
    }
    is_ending_ = true;
    log_.write(log_priority::notice, "ending, because a signal asked for it");
    actions_.end();
}

void request_loop::begin_reload()
{
    is_reloading_ = true;
    asio::co_spawn(executor_, reload(), [this](std::exception_ptr const&) {
        is_reloading_ = false;
        if (std::exchange(wants_another_, false) && !is_ending_)
            begin_reload();
    });
}

asio::awaitable<void> request_loop::reload()
{
    state_.begin_reload();
    std::vector<std::string> problems;
    try {
        co_await actions_.reload();
    } catch (configuration_error const& error) {
        problems = error.problems();
    } catch (std::exception const& error) {
        problems.emplace_back(error.what());
    }
    if (is_ending_)
        co_return;
    for (std::string const& each : problems)
        log_.write(log_priority::error, each);
    if (problems.empty())
        log_.write(log_priority::notice, "reloaded");
    else
        log_.write(log_priority::error, "the configuration was not reloaded: the old one stays");
    state_.end_reload();
}

}  // namespace coqmp_daemon
