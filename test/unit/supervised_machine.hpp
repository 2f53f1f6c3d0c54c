// For tests of the rules of supervision: one machine, a clock that the test moves, and what the machine asked for.
#ifndef COQMP_TEST_UNIT_SUPERVISED_MACHINE_HPP
#define COQMP_TEST_UNIT_SUPERVISED_MACHINE_HPP

#include "supervision/machine_action.hpp"
#include "supervision/machine_lifecycle.hpp"

#include <coqmp/event.hpp>
#include <coqmp/reply.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coqmp::test {

using namespace std::chrono_literals;

// The public names that these tests use in addition to those of the rules.
using coqmp::boot_loop_action;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp::machine_status;
using coqmp::panic_action;
using coqmp::restart_policy;
using coqmp::supervision_policy;

/// `STOP`, or `RESET {"guest":true}`.
inline event happened(std::string const& text)
{
    std::size_t const space = text.find(' ');
    event result;
    result.name = text.substr(0, space);
    if (space != std::string::npos)
        result.data = boost::json::parse(text.substr(space)).as_object();
    return result;
}

/// QEMU's answer to `query-status`.
inline reply status_answer(std::string_view state)
{
    boost::json::object answer;
    answer["status"] = state;
    return reply(boost::json::value(std::move(answer)));
}

// Events as QEMU 7.2 sends them.
inline char const* const powered_off = R"(SHUTDOWN {"guest":true,"reason":"guest-shutdown"})";
inline char const* const rebooted_once = R"(SHUTDOWN {"guest":true,"reason":"guest-reset"})";
inline char const* const quit_by_qmp = R"(SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})";
inline char const* const terminated = R"(SHUTDOWN {"guest":false,"reason":"host-signal"})";
inline char const* const guest_reset = R"(RESET {"guest":true,"reason":"guest-reset"})";
inline char const* const panicked_and_off = R"(GUEST_PANICKED {"action":"poweroff","info":{"type":"hyper-v"}})";
inline char const* const panicked_and_paused = R"(GUEST_PANICKED {"action":"pause"})";
inline char const* const switched_off_by_panic = R"(SHUTDOWN {"guest":true,"reason":"guest-panic"})";
inline char const* const crash_kernel_began = R"(GUEST_CRASHLOADED {"action":"run"})";
inline char const* const no_space_left =
    R"(BLOCK_IO_ERROR {"device":"","node-name":"disk","nospace":true,"action":"stop","operation":"write","reason":"No space left"})";
inline char const* const disk_failed =
    R"(BLOCK_IO_ERROR {"device":"","node-name":"disk","nospace":false,"action":"stop","operation":"write","reason":"I/O error"})";

constexpr exit_status exited{0, 0};
constexpr exit_status killed{-1, SIGKILL};
constexpr exit_status not_known{-1, 0};

/// The end of a process, with the reason that end_record finds.
inline detail::process_end end_by(end_reason reason, exit_status status = exited, std::string cause = {})
{
    detail::process_end result;
    result.end.reason = reason;
    result.end.status = status;
    result.end.shutdown_cause = std::move(cause);
    return result;
}

/// A policy without chance.
inline coqmp::supervision_policy policy_of(coqmp::restart_policy restart)
{
    coqmp::supervision_policy policy;
    policy.restart = restart;
    policy.jitter = 0;
    return policy;
}

class supervised_machine
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit supervised_machine(coqmp::supervision_policy policy = policy_of(coqmp::restart_policy::on_failure))
        : rules(policy, 1)
    {}

    // ---- Steps of a story. Each returns what the rules asked for, without reports and records --------------------------------

    std::string start() { return note(rules.start(now)); }
    std::string stop() { return note(rules.stop(now)); }
    std::string stop_with_host() { return note(rules.stop_with_host(30s, now)); }
    std::string restart() { return note(rules.restart(now)); }
    std::string kill() { return note(rules.kill(now)); }
    std::string release() { return note(rules.release(now)); }
    std::string leave() { return note(rules.leave(now)); }
    std::string recall(detail::machine_memory const& memory, detail::found_process found)
    {
        return note(rules.recall(memory, found, now));
    }
    std::string connected(bool is_out_of_space_listed = false)
    {
        return note(rules.connected(true, is_out_of_space_listed, now));
    }
    std::string disconnected()
    {
        is_asked = false;
        return note(rules.disconnected(now));
    }
    std::string ended(detail::process_end const& what) { return note(rules.ended(what, now)); }
    std::string take(std::string const& what) { return note(rules.take(happened(what), now)); }
    std::string answer(std::string_view state)
    {
        is_asked = false;
        return note(rules.answered(status_answer(state), now));
    }
    /// Answers until there is no further question. Returns what else was asked for.
    std::string answer_all(std::string_view state)
    {
        std::size_t const begin = asked.size();
        while (is_asked)
            answer(state);
        return text_from(begin, false);
    }
    std::string finished(detail::finished_action what) { return note(rules.finished(what, now)); }
    std::string client(detail::client_step what) { return note(rules.client(what, now)); }
    std::string after(std::chrono::nanoseconds time)
    {
        now += time;
        return note(rules.tick(now));
    }

    /// Goes on to the next time at which the rules want to be called, if there is one.
    std::string wait()
    {
        if (rules.next_time() == time_point::max())
            return {};
        now = std::max(now, rules.next_time());
        return note(rules.tick(now));
    }

    /// Goes on, answers the questions with this state, and stops when something else is asked for, or after so long.
    std::string wait_answering(std::string_view state, std::chrono::nanoseconds time)
    {
        time_point const end = now + time;
        std::size_t const begin = asked.size();
        while (rules.next_time() <= end && text_from(begin, false).empty()) {
            wait();
            answer_all(state);
        }
        if (text_from(begin, false).empty())
            now = end;
        return text_from(begin, false);
    }

    /// A machine that runs.
    supervised_machine& run()
    {
        start();
        connected();
        answer("running");
        return *this;
    }

    [[nodiscard]] std::string status() const
    {
        std::ostringstream text;
        text << rules.status();
        return text.str();
    }
    [[nodiscard]] std::string memory() const
    {
        std::ostringstream text;
        text << rules.memory();
        return text.str();
    }

    detail::machine_lifecycle rules;
    time_point now = time_point(1000h);
    std::vector<detail::machine_action> asked;  ///< All of it.
    bool is_asked = false;                      ///< For its state.

private:
    std::string note(detail::machine_actions const& actions)
    {
        std::size_t const begin = asked.size();
        for (detail::machine_action const& each : actions) {
            asked.push_back(each);
            is_asked = is_asked || std::holds_alternative<detail::actions::ask_state>(each);
        }
        return text_from(begin, true);
    }

    [[nodiscard]] std::string text_from(std::size_t begin, bool has_questions) const
    {
        std::ostringstream text;
        for (; begin < asked.size(); ++begin) {
            detail::machine_action const& each = asked[begin];
            if (std::holds_alternative<detail::actions::report>(each) || std::holds_alternative<detail::actions::store>(each) ||
                (!has_questions && std::holds_alternative<detail::actions::ask_state>(each)))
                continue;
            text << (text.str().empty() ? "" : ", ") << each;
        }
        return text.str();
    }
};

}  // namespace coqmp::test

#endif
