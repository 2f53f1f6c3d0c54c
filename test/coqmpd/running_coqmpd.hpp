// A coqmpd with its files, for tests.
#ifndef COQMP_TEST_COQMPD_RUNNING_COQMPD_HPP
#define COQMP_TEST_COQMPD_RUNNING_COQMPD_HPP

#include "support/running_daemon.hpp"

#include <coqmp/command.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <signal.h>
#include <sys/types.h>

#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace coqmpd::test {

using coqmp::test::outcome;
using coqmp::test::running_daemon;

/// A directory for the configuration, the sockets and the state. No QEMU that a test has seen outlives it.
class coqmpd_fixture : public coqmp::test::daemon_fixture
{
public:
    coqmpd_fixture()
    {
        for (char const* const each : {"machines", "run", "state"})
            std::filesystem::create_directory(path(each));
    }
    coqmpd_fixture(coqmpd_fixture const&) = delete;
    coqmpd_fixture& operator=(coqmpd_fixture const&) = delete;
    ~coqmpd_fixture()
    {
        for (::pid_t const each : processes_)
            ::kill(each, SIGKILL);
    }

    /// Writes the file of a machine without hardware.
    void define(std::string const& machine, std::string const& more = "") const
    {
        std::string const text = "arguments = ['-M', 'none', '-nodefaults', '-display', 'none']\n[shutdown]\nask_guest = false\n";
        (void)write(("machines/" + machine + ".toml").c_str(), text + more);
    }
    [[nodiscard]] std::vector<std::string> places() const
    {
        return {"RUNTIME_DIRECTORY=" + path("run"), "STATE_DIRECTORY=" + path("state")};
    }
    [[nodiscard]] std::vector<std::string> arguments() const { return {"--config", directory.path().native()}; }

    /// Runs coqmpd with another task to its end.
    [[nodiscard]] outcome run(std::vector<std::string> const& options) const
    {
        std::vector<std::string> words = places();
        words.emplace_back(COQMPD_PROGRAM);
        for (std::string const& each : arguments())
            words.push_back(each);
        words.insert(words.end(), options.begin(), options.end());
        return coqmp::test::run_daemon("/usr/bin/env", words);
    }

    /// What the daemon answers.
    [[nodiscard]] boost::json::value ask(coqmp::command request) const
    {
        return completed(ask_once(at("run/control.sock"), std::move(request)));
    }
    /// Sends a command, and waits until the machine has this state.
    void ask_until(coqmp::command request, std::string const& machine, std::string const& state) const
    {
        (void)completed(ask_and_wait(at("run/control.sock"), std::move(request), machine, state));
    }
    /// Starts a machine, and waits until it runs. @return its process, which ends with the test
    ::pid_t start(std::string const& machine)
    {
        ask_until(coqmp::command("machine-start").with("name", machine), machine, "running");
        ::pid_t const result = process_of(machine);
        processes_.insert(result);
        return result;
    }
    /// The process of a machine that runs. No event says when an adoption is complete: until then, the daemon does not report the
    /// process, and this function asks again.
    [[nodiscard]] ::pid_t process_of(std::string const& machine) const
    {
        for (;;) {
            boost::json::value const found = ask(coqmp::command("query-machine").with("name", machine));
            if (auto const* const process = found.as_object().if_contains("pid"))
                return static_cast<::pid_t>(process->as_int64());
        }
    }
    [[nodiscard]] std::string state_of(std::string const& machine) const
    {
        boost::json::value const found = ask(coqmp::command("query-machine").with("name", machine));
        return std::string(found.as_object().at("state").as_string());
    }
    /// Waits until a process has ended.
    void see_end(::pid_t process)
    {
        coqmp::test::wait_for_end(process);
        processes_.erase(process);
    }

private:
    static boost::json::value completed(boost::asio::awaitable<boost::json::value> work)
    {
        boost::asio::io_context context(1);
        boost::json::value result;
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr const& failure, boost::json::value const& value) {
            if (failure)
                std::rethrow_exception(failure);
            result = value;
        });
        context.run();
        return result;
    }
    static boost::asio::awaitable<boost::json::value> ask_once(coqmp::endpoint address, coqmp::command request)
    {
        coqmp::session client(co_await boost::asio::this_coro::executor);
        co_await client.async_connect(address, boost::asio::use_awaitable);
        co_return co_await client.execute(std::move(request));
    }
    static boost::asio::awaitable<boost::json::value> ask_and_wait(coqmp::endpoint address, coqmp::command request,
                                                                   std::string machine, std::string state)
    {
        coqmp::session client(co_await boost::asio::this_coro::executor);
        co_await client.async_connect(address, boost::asio::use_awaitable);
        coqmp::event_filter filter("MACHINE_STATE_CHANGED");
        filter.with("name", machine).with("state", state);
        co_await client.execute_until(std::move(request), std::move(filter));
        co_return nullptr;
    }

    std::set<::pid_t> processes_;
};

/// The daemon, with a service manager.
class running_coqmpd : public running_daemon
{
public:
    explicit running_coqmpd(coqmpd_fixture const& with) : running_daemon(COQMPD_PROGRAM, with.arguments(), with.places())
    {
        expect_ready();
    }
};

inline bool is_alive(::pid_t process)
{
    return ::kill(process, 0) == 0;
}

}  // namespace coqmpd::test

#endif
