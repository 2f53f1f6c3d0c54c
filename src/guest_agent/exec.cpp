#include "guest_agent/exec.hpp"

#include "detail/deadline_after.hpp"
#include "guest_agent/answers.hpp"
#include "guest_agent/base64.hpp"
#include "guest_agent/calls.hpp"
#include "guest_agent/poll_backoff.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::system_error;

namespace coqmp::detail {

command exec_command(guest_program const& program)
{
    command start("guest-exec");
    start.with("path", program.path());
    if (!program.arguments().empty())
        start.with("arg", program.arguments());
    if (!program.environment().empty())
        start.with("env", program.environment());
    if (!program.input().empty())
        start.with("input-data", encode_base64(program.input()));
    if (program.captures())
        start.with("capture-output", true);
    return start;
}

asio::awaitable<guest_program_result> run_program(guest_agent_impl::pointer impl, guest_program program)
{
    auto& clock = time_source_of(impl->executor());
    auto const deadline = optional_deadline_after(program.timeout(), clock.now());
    auto starting = call(impl, exec_command(program));
    json::value const started = co_await std::move(starting);
    auto const process = read_process_id(started);
    if (!process)
        throw system_error(make_error_code(errc::malformed_answer), "guest-exec");
    command question("guest-exec-status");
    question.with("pid", *process);
    poll_backoff backoff;
    for (;;) {
        auto const rest = deadline - clock.now();
        if (rest <= rest.zero())
            throw system_error(make_error_code(errc::timed_out), program.path());
        auto waiting = pause(impl, std::min<std::chrono::nanoseconds>(backoff.next(), rest));
        co_await std::move(waiting);
        auto asking = call(impl, question);
        json::value const answer = co_await std::move(asking);
        auto status = read_exec_status(answer);
        if (!status)
            throw system_error(make_error_code(errc::malformed_answer), question.name());
        if (status->has_ended)
            co_return std::move(status->result);
    }
}

}  // namespace coqmp::detail
