// The rules of a guest agent's client, without an agent: when to synchronize, how to poll, what the answers mean, and how a freeze
// always ends.
#include "guest_agent/answers.hpp"
#include "guest_agent/channel_state.hpp"
#include "guest_agent/command_traits.hpp"
#include "guest_agent/exec.hpp"
#include "guest_agent/freeze_state.hpp"
#include "guest_agent/poll_backoff.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <set>
#include <string>
#include <string_view>

using namespace coqmp;
using namespace coqmp::detail;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

using step = channel_state::step;
using stage = freeze_state::stage;
using outcome_of_freeze = freeze_state::outcome;

constexpr freeze_state::time_point start{1h};

freeze_state frozen_for(std::uint64_t holder, std::chrono::nanoseconds limit = 2min)
{
    freeze_state state;
    BOOST_TEST(state.begin(holder, limit));
    state.freeze_ended(outcome_of_freeze::frozen, start);
    return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_channel)

BOOST_AUTO_TEST_CASE(is_synchronized_before_the_first_command)
{
    channel_state channel(7);
    BOOST_TEST((channel.next(false) == step::wait));
    BOOST_TEST((channel.next(true) == step::synchronize));
    BOOST_TEST(channel.start_synchronizing() == 8);
    BOOST_TEST((channel.next(true) == step::wait));
    channel.end(true);
    BOOST_TEST((channel.next(true) == step::send));
}

BOOST_AUTO_TEST_CASE(has_one_command_on_the_wire_and_stays_synchronized_while_each_is_answered)
{
    channel_state channel(0);
    static_cast<void>(channel.start_synchronizing());
    channel.end(true);
    for (int count = 0; count < 3; ++count) {
        BOOST_TEST((channel.next(true) == step::send));
        channel.start_command();
        BOOST_TEST((channel.next(true) == step::wait));
        channel.end(true);
    }
}

BOOST_AUTO_TEST_CASE(is_synchronized_again_after_a_command_without_an_answer)
{
    channel_state channel(0);
    static_cast<void>(channel.start_synchronizing());
    channel.end(true);
    channel.start_command();
    channel.end(false);
    BOOST_TEST((channel.next(true) == step::synchronize));
}

BOOST_AUTO_TEST_CASE(is_synchronized_with_a_new_number_each_time)
{
    channel_state channel(~std::uint64_t{0});
    std::set<std::int64_t> seen;
    for (int count = 0; count < 100; ++count) {
        std::int64_t const number = channel.start_synchronizing();
        BOOST_TEST(number > 0);
        BOOST_TEST(number < std::int64_t{1} << 53);
        BOOST_TEST(seen.insert(number).second);
        channel.end(false);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(the_pauses_between_polls_grow_to_a_second)
{
    poll_backoff backoff;
    BOOST_TEST(backoff.next().count() == 10);
    BOOST_TEST(backoff.next().count() == 15);
    BOOST_TEST(backoff.next().count() == 22);
    auto last = backoff.next();
    for (int count = 0; count < 20; ++count) {
        auto const pause = backoff.next();
        BOOST_TEST((pause >= last && pause <= 1s));
        last = pause;
    }
    BOOST_TEST((last == 1s));
}

BOOST_AUTO_TEST_CASE(the_agent_executes_few_commands_in_a_frozen_guest)
{
    for (std::string_view const name :
         {"guest-ping", "guest-info", "guest-sync", "guest-sync-delimited", "guest-fsfreeze-status", "guest-fsfreeze-thaw"})
        BOOST_TEST(is_allowed_while_frozen(name), name);
    for (std::string_view const name : {"guest-exec", "guest-file-close", "guest-fsfreeze-freeze", "guest-shutdown", ""})
        BOOST_TEST(!is_allowed_while_frozen(name), name);
}

BOOST_AUTO_TEST_CASE(shutdown_and_suspend_have_no_answer)
{
    for (std::string_view const name : {"guest-shutdown", "guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid"})
        BOOST_TEST(is_silent_on_success(name), name);
    for (std::string_view const name : {"guest-ping", "guest-fsfreeze-freeze", "guest-exec"})
        BOOST_TEST(!is_silent_on_success(name), name);
}

BOOST_AUTO_TEST_SUITE(a_freeze)

BOOST_AUTO_TEST_CASE(ends_when_its_holder_releases_it)
{
    freeze_state state = frozen_for(1);
    BOOST_TEST(!state.allows("guest-exec"));
    BOOST_TEST(state.allows("guest-fsfreeze-status"));
    BOOST_TEST(!state.wants_thaw(start));
    BOOST_TEST(state.release(1, start + 1s));
    BOOST_TEST(state.wants_thaw(start + 1s));
    state.thaw_started();
    BOOST_TEST(!state.wants_thaw(start + 1s));
    state.thaw_ended(true, start + 2s);
    BOOST_TEST((state.where() == stage::thawed));
    BOOST_TEST(state.allows("guest-exec"));
    BOOST_TEST((state.next_moment() == freeze_state::time_point::max()));
}

BOOST_AUTO_TEST_CASE(ends_at_its_limit)
{
    freeze_state state = frozen_for(1, 2min);
    BOOST_TEST((state.next_moment() == start + 2min));
    state.expire(start + 2min - 1ns);
    BOOST_TEST((state.where() == stage::frozen));
    state.expire(start + 2min);
    BOOST_TEST(state.wants_thaw(start + 2min));
    BOOST_TEST(!state.release(1, start + 2min));
}

BOOST_AUTO_TEST_CASE(is_over_for_its_holder_at_the_limit_even_if_the_timer_is_late)
{
    freeze_state state = frozen_for(1, 2min);
    BOOST_TEST(!state.release(1, start + 2min));
    state.expire(start + 2min);
    BOOST_TEST(state.wants_thaw(start + 2min));
}

BOOST_AUTO_TEST_CASE(without_a_limit_lasts_until_it_is_released)
{
    freeze_state state = frozen_for(1, 0ns);
    state.expire(start + 10000h);
    BOOST_TEST((state.where() == stage::frozen));
    BOOST_TEST((state.next_moment() == freeze_state::time_point::max()));
}

BOOST_AUTO_TEST_CASE(that_was_never_sent_needs_no_thaw)
{
    freeze_state state;
    BOOST_TEST(state.begin(1, 2min));
    state.freeze_ended(outcome_of_freeze::never_sent, start);
    BOOST_TEST((state.where() == stage::thawed));
}

BOOST_AUTO_TEST_CASE(that_failed_or_was_not_answered_is_thawed)
{
    freeze_state state;
    BOOST_TEST(state.begin(1, 2min));
    state.freeze_ended(outcome_of_freeze::unknown_or_failed, start);
    BOOST_TEST(state.wants_thaw(start));
}

BOOST_AUTO_TEST_CASE(that_is_released_while_it_begins_is_thawed_when_it_has_begun)
{
    freeze_state state;
    BOOST_TEST(state.begin(1, 2min));
    BOOST_TEST(!state.release(1, start));
    BOOST_TEST(!state.wants_thaw(start));
    state.freeze_ended(outcome_of_freeze::frozen, start);
    BOOST_TEST(state.wants_thaw(start));
}

BOOST_AUTO_TEST_CASE(is_not_ended_by_the_holder_of_an_earlier_one)
{
    freeze_state state = frozen_for(1);
    BOOST_TEST(state.release(1, start));
    state.thaw_started();
    state.thaw_ended(true, start);
    BOOST_TEST(state.begin(2, 2min));
    state.freeze_ended(outcome_of_freeze::frozen, start);
    BOOST_TEST(!state.release(1, start));
    BOOST_TEST((state.where() == stage::frozen));
}

BOOST_AUTO_TEST_CASE(excludes_a_second_one_until_the_guest_is_thawed)
{
    freeze_state state = frozen_for(1);
    BOOST_TEST(!state.begin(2, 2min));
    BOOST_TEST(state.release(1, start));
    BOOST_TEST(!state.begin(2, 2min));
    state.thaw_started();
    state.thaw_ended(true, start);
    BOOST_TEST(state.begin(2, 2min));
}

BOOST_AUTO_TEST_CASE(is_thawed_again_and_again_after_longer_and_longer_pauses)
{
    freeze_state state = frozen_for(1);
    BOOST_TEST(state.release(1, start));
    auto now = start;
    for (auto const pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        BOOST_TEST(state.wants_thaw(now));
        state.thaw_started();
        BOOST_TEST((state.next_moment() == freeze_state::time_point::max()));
        state.thaw_ended(false, now);
        BOOST_TEST((state.next_moment() == now + pause));
        BOOST_TEST(!state.wants_thaw(now + pause - 1ns));
        now += pause;
    }
    BOOST_TEST(state.failures() == 7);
    BOOST_TEST(!state.allows("guest-exec"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_answer_to_guest_exec_status)

BOOST_AUTO_TEST_CASE(says_that_the_program_runs)
{
    auto const status = read_exec_status(json::parse(R"({"exited": false})"));
    BOOST_TEST(!status.value().has_ended);
}

BOOST_AUTO_TEST_CASE(has_the_exit_code_and_the_output)
{
    auto const status = read_exec_status(json::parse(
        R"({"exited": true, "exitcode": 3, "out-data": "AP8=", "err-data": "b29wcw==", "out-truncated": true, "new": [1]})"));
    guest_program_result const& result = status.value().result;
    BOOST_TEST(result.exit_code.value() == 3);
    BOOST_TEST(!result.signal.has_value());
    BOOST_TEST(result.output == std::string("\0\xff", 2));
    BOOST_TEST(result.error == "oops");
    BOOST_TEST(result.output_truncated);
    BOOST_TEST(!result.error_truncated);
    BOOST_TEST(!result.succeeded());
}

BOOST_AUTO_TEST_CASE(has_the_signal)
{
    auto const status = read_exec_status(json::parse(R"({"exited": true, "signal": 9})"));
    BOOST_TEST(status.value().result.signal.value() == 9);
    BOOST_TEST(!status.value().result.exit_code.has_value());
}

BOOST_AUTO_TEST_CASE(makes_no_sense)
{
    for (std::string_view const text :
         {R"({})", R"([])", R"(null)", R"({"exited": 1})", R"({"exited": true})", R"({"exited": true, "exitcode": "0"})",
          R"({"exited": true, "exitcode": 0, "signal": 9})", R"({"exited": true, "exitcode": 1.5})",
          R"({"exited": true, "exitcode": 0, "out-data": 7})", R"({"exited": true, "exitcode": 0, "out-data": "A"})",
          R"({"exited": true, "exitcode": 0, "err-truncated": "no"})"})
        BOOST_TEST(!read_exec_status(json::parse(text)).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_chunk_of_a_file_has_as_many_bytes_as_its_count_and_not_more_than_were_asked_for)
{
    auto const chunk = read_file_chunk(json::parse(R"({"count": 3, "buf-b64": "Zm9v", "eof": true})"), 3);
    BOOST_TEST(chunk.value().bytes == "foo");
    BOOST_TEST(chunk.value().is_end);
    BOOST_TEST(read_file_chunk(json::parse(R"({"count": 0, "buf-b64": "", "eof": true})"), 3).value().bytes.empty());
    for (std::string_view const text :
         {R"({"count": 2, "buf-b64": "Zm9v", "eof": true})", R"({"count": 4, "buf-b64": "Zm9vYg==", "eof": true})",
          R"({"count": -1, "buf-b64": "", "eof": true})", R"({"count": 3, "buf-b64": "Zm9v"})",
          R"({"buf-b64": "Zm9v", "eof": true})", R"({"count": 3, "eof": true})", R"(3)"})
        BOOST_TEST(!read_file_chunk(json::parse(text), 3).has_value(), text);
}

BOOST_AUTO_TEST_CASE(not_more_bytes_are_written_than_were_sent)
{
    BOOST_TEST(read_written_bytes(json::parse(R"({"count": 3, "eof": false})"), 3).value() == 3U);
    for (std::string_view const text : {R"({"count": 4})", R"({"count": -1})", R"({"count": "3"})", R"({})", R"(3)"})
        BOOST_TEST(!read_written_bytes(json::parse(text), 3).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_information_says_which_commands_are_known_and_enabled)
{
    auto const information = read_information(json::parse(
        R"({"version": "7.2.0", "supported_commands": [{"name": "guest-exec", "enabled": false, "success-response": true},
            {"name": "guest-ping", "enabled": true}]})"));
    BOOST_TEST(information.value().version == "7.2.0");
    BOOST_TEST(information.value().supports("guest-exec"));
    BOOST_TEST(!information.value().is_enabled("guest-exec"));
    BOOST_TEST(information.value().is_enabled("guest-ping"));
    BOOST_TEST(!information.value().supports("guest-nonsense"));
    BOOST_TEST(!information.value().is_enabled("guest-nonsense"));
    for (std::string_view const text :
         {R"({})", R"({"version": "1"})", R"({"version": 1, "supported_commands": []})",
          R"({"version": "1", "supported_commands": [{"name": "x"}]})", R"({"version": "1", "supported_commands": ["x"]})"})
        BOOST_TEST(!read_information(json::parse(text)).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_program_becomes_a_command_with_only_what_it_needs)
{
    auto const plain = exec_command(guest_program("/bin/true").capture(false));
    BOOST_TEST(json::serialize(plain.arguments()) == R"({"path":"/bin/true"})");
    auto const full =
        exec_command(guest_program("sh").argument("-c").argument("exit 3").environment("A", "b=c").input(std::string("\0", 1)));
    BOOST_TEST(json::serialize(full.arguments()) ==
               R"({"path":"sh","arg":["-c","exit 3"],"env":["A=b=c"],"input-data":"AA==","capture-output":true})");
}
