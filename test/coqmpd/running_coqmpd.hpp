// A coqmpd with its files, for tests.
#ifndef COQMP_TEST_COQMPD_RUNNING_COQMPD_HPP
#define COQMP_TEST_COQMPD_RUNNING_COQMPD_HPP

#include "support/guests.hpp"
#include "support/running_daemon.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/machine_spec.hpp>
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
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
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

    /// Writes the file of a machine without hardware. @param top comes before all tables
    void define(std::string const& machine, std::string const& more = "", std::string const& top = "") const
    {
        std::string const text =
            top + "arguments = ['-M', 'none', '-nodefaults', '-display', 'none']\n[shutdown]\nask_guest = false\n";
        (void)write(("machines/" + machine + ".toml").c_str(), text + more);
    }
    /// Writes the file of a machine with a guest of one sector. @param arguments of QEMU, too
    template <class... Arguments>
    void define_guest(std::string const& machine, std::string_view code, std::string const& more, Arguments... arguments) const
    {
        std::filesystem::path const folder = path(machine.c_str());
        std::filesystem::create_directory(folder);
        coqmp::machine_spec const spec = coqmp::test::guest(code, folder, arguments...);
        std::string list;
        for (std::string const& each : spec.arguments)
            list += (list.empty() ? "'" : ", '") + each + '\'';
        (void)write(("machines/" + machine + ".toml").c_str(), "arguments = [" + list + "]\n" + more);
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
    /// Sends a command, and waits until the machine has had these states in this order, which may have others between them.
    /// @param states `STATE`, or `STATE REASON`
    void see_states(coqmp::command request, std::string const& machine, std::vector<std::string> const& states) const
    {
        (void)completed(ask_and_follow(at("run/control.sock"), std::move(request), machine, states));
    }
    /// Sends a command, and waits until the machine has this state.
    void ask_until(coqmp::command request, std::string const& machine, std::string const& state) const
    {
        see_states(std::move(request), machine, {state});
    }
    /// Starts a machine, and waits until it runs. @return its process, which ends with the test
    ::pid_t start(std::string const& machine)
    {
        ask_until(coqmp::command("machine-start").with("name", machine), machine, "running");
        return keep(process_of(machine));
    }
    /// @return the process, which ends with the test
    ::pid_t keep(::pid_t process)
    {
        processes_.insert(process);
        return process;
    }
    /// Waits until the daemon has stored where the machine's process is, so that the next daemon finds it there. No event reports
    /// that.
    void see_record(std::string const& machine) const
    {
        while (!std::filesystem::exists(path(("state/" + machine + "/record").c_str())))
            std::this_thread::yield();
    }
    /// Whether the clients of the machine's monitor may execute a command, which the monitor then does.
    [[nodiscard]] bool monitor_allows(std::string const& machine, coqmp::command request) const
    {
        try {
            (void)completed(ask_once(at(("run/" + machine + ".qmp").c_str()), std::move(request)));
            return true;
        } catch (coqmp::command_failed const&) {
            return false;
        }
    }
    /// Restarts a machine, and asks the new QEMU for its status through a connection that its monitor had before.
    [[nodiscard]] boost::json::value ask_after_restart(std::string const& machine) const
    {
        return completed(ask_across_restart(at(("run/" + machine + ".qmp").c_str()), at("run/control.sock"), machine));
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
    static boost::asio::awaitable<boost::json::value> ask_and_follow(coqmp::endpoint address, coqmp::command request,
                                                                     std::string machine, std::vector<std::string> states)
    {
        coqmp::session client(co_await boost::asio::this_coro::executor);
        co_await client.async_connect(address, boost::asio::use_awaitable);
        coqmp::event_filter filter("MACHINE_STATE_CHANGED");
        filter.with("name", machine);
        coqmp::event_stream changes = client.subscribe(filter);
        co_await client.execute(std::move(request));
        std::optional<coqmp::event> next;
        for (std::string const& each : states) {
            do {
                next = co_await changes.next();
            } while (next && !shows(*next, each));
            if (!next)
                throw std::runtime_error("the daemon ended before " + machine + " was " + each);
        }
        co_return nullptr;
    }
    static boost::asio::awaitable<boost::json::value> ask_across_restart(coqmp::endpoint monitor, coqmp::endpoint control,
                                                                         std::string machine)
    {
        coqmp::session client(co_await boost::asio::this_coro::executor);
        co_await client.async_connect(monitor, boost::asio::use_awaitable);
        coqmp::event_stream gaps = client.subscribe(coqmp::event_filter("__org.coqmp_GAP"));
        coqmp::command restart("machine-restart");
        restart.with("name", machine);
        co_await ask_once(control, std::move(restart));
        auto const gap = co_await gaps.next();
        if (!gap)
            throw std::runtime_error("the client was disconnected");
        co_return co_await client.execute("query-status");
    }
    /// @param state `STATE`, or `STATE REASON`
    static bool shows(coqmp::event const& change, std::string_view state)
    {
        boost::json::string const& name = change.data.at("state").as_string();
        auto const* const reason = change.data.if_contains("reason");
        return state == name || (reason != nullptr && state == std::string(name) + ' ' + std::string(reason->as_string()));
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
