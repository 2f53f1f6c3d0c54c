// The window and the output: which commands may be on the wire at once, in which order the others are queued, and a peer that
// does not read.
#include "unit/script.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

std::string name_of(std::uint64_t number)
{
    return "c" + std::to_string(number);
}

/// The ids of commands that were submitted one after the other without an answer: five of them are digits.
std::uint64_t id_of(std::uint64_t number)
{
    return number <= 5 ? number : 9 + number;
}

std::string bytes_of(std::uint64_t first, std::uint64_t last)
{
    std::string all;
    for (std::uint64_t number = first; number <= last; ++number)
        all += R"({"execute":")" + name_of(number) + R"(","id":)" + std::to_string(id_of(number)) + "}";
    return all;
}

/// Submits c1, c2 and so on.
script& submit_many(script& to, std::uint64_t first, std::uint64_t last)
{
    for (std::uint64_t number = first; number <= last; ++number)
        to.submits(name_of(number), name_of(number));
    return to;
}

std::string answer_to(std::uint64_t id)
{
    return R"({"return": {}, "id": )" + std::to_string(id) + "}";
}

script& answer_one(script& to, std::uint64_t number)
{
    return to.peer(answer_to(id_of(number)), returns(name_of(number)));
}

command probe()
{
    return command("query-yank").out_of_band();
}

dialogue_options with_window(std::size_t window)
{
    auto result = test_options();
    result.in_band_window = window;
    return result;
}

auto waits(std::string who)
{
    return [who](performance& now) { BOOST_TEST((now.named(who).state() == request::stage::queued)); };
}

// One MiB and a little.
struct stuck
{
    stuck() : now(unlimited())
    {
        BOOST_TEST(!now.submit("large", command("large").with("text", std::string(std::size_t{1} << 20, 'x'))));
        BOOST_TEST(!now.submit("a", "a"));
        BOOST_TEST(!now.submit("b", "b"));
        BOOST_TEST(!now.submit("c", "c"));
    }

    static dialogue_options unlimited()
    {
        auto result = with_window(0);
        result.negotiate = false;
        result.ids = command_ids::always;
        result.nonce = 0;
        return result;
    }

    performance now;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_window)

BOOST_AUTO_TEST_CASE(admits_seven_commands_and_the_eighth_when_one_is_answered)
{
    script full = negotiated();
    submit_many(full, 1, 8).checks("the eighth waits", waits("c8")).sends(bytes_of(1, 7));
    answer_one(full, 1).sends_command("c8", 6);
    full.counts(&session_counters::commands, 8);
    answer_one(full, 2).sends("").replay();
}

BOOST_AUTO_TEST_CASE(keeps_the_order_of_queued_commands)
{
    script full = negotiated();
    submit_many(full, 1, 12).sends(bytes_of(1, 7));
    answer_one(full, 1);
    answer_one(full, 2).sends(R"({"execute":"c8","id":6}{"execute":"c9","id":7})");
    full.peer(answer_to(7), returns("c9"));
    answer_one(full, 3);
    full.peer(answer_to(6), returns("c8")).sends(R"({"execute":"c10","id":8}{"execute":"c11","id":9}{"execute":"c12","id":1})");
    for (std::uint64_t number : {4U, 5U, 6U, 7U})
        answer_one(full, number);
    full.peer(answer_to(8), returns("c10")).peer(answer_to(9), returns("c11")).peer(answer_to(1), returns("c12"));
    full.counts(&session_counters::replies, 12).sends("").replay();
}

BOOST_AUTO_TEST_CASE(opens_for_an_error_as_for_a_return)
{
    script full = negotiated(with_window(1));
    submit_many(full, 1, 3).sends(bytes_of(1, 1));
    full.peer(R"({"error": {"class": "GenericError", "desc": "x"}, "id": 1})", fails("c1", "GenericError", "x"))
        .sends(bytes_of(2, 2))
        .peer(R"({"error": {"class": "GenericError", "desc": "x"}})", fails("c2", "GenericError", "x"))
        .sends(bytes_of(3, 3))
        .replay();
}

BOOST_AUTO_TEST_CASE(does_not_open_for_an_event_or_a_reply_that_no_command_awaits)
{
    script full = negotiated(with_window(1));
    submit_many(full, 1, 2).sends(bytes_of(1, 1));
    full.peer(R"({"return": {}, "id": 77})", unawaited_reply())
        .peer(R"({"return": {}, "id": 2})", unawaited_reply())  // the queued command has no id yet
        .peer(R"({"event": "STOP"})", event_named("STOP"))
        .sends("");
    answer_one(full, 1).sends(bytes_of(2, 2)).replay();
}

BOOST_AUTO_TEST_CASE(is_overtaken_by_out_of_band_commands)
{
    script full = negotiated();
    submit_many(full, 1, 9).submits("probe", probe()).submits("probe too", probe());
    full.sends(bytes_of(1, 7) + R"({"exec-oob":"query-yank","id":19}{"exec-oob":"query-yank","id":20})")
        .peer(R"({"return": [], "id": 20})", returns("probe too", "[]"))
        .peer(R"({"return": [], "id": 19})", returns("probe", "[]"))
        .sends("");
    answer_one(full, 1).sends_command("c8", 6).replay();
}

BOOST_AUTO_TEST_CASE(does_not_count_out_of_band_commands)
{
    script full = negotiated();
    for (int count = 1; count <= 20; ++count)
        full.submits("probe " + std::to_string(count), probe());
    full.checks("they are on the wire", [](performance& now) { now.core().sent(now.core().output().size()); })
        .submits("command", "stop")
        .sends_command("stop", 30)
        .replay();
}

BOOST_AUTO_TEST_CASE(of_zero_has_no_limit)
{
    script open = negotiated(with_window(0));
    submit_many(open, 1, 100).sends(bytes_of(1, 100)).counts(&session_counters::commands, 100);
    answer_one(open, 100).replay();
}

BOOST_AUTO_TEST_CASE(can_be_of_one)
{
    script narrow = negotiated(with_window(1));
    submit_many(narrow, 1, 3).sends(bytes_of(1, 1));
    answer_one(narrow, 1).sends(bytes_of(2, 2));
    answer_one(narrow, 2).sends(bytes_of(3, 3));
    answer_one(narrow, 3).sends("").replay();
}

BOOST_AUTO_TEST_CASE(can_be_of_64)
{
    script wide = negotiated(with_window(64));
    submit_many(wide, 1, 65).sends(bytes_of(1, 64));
    answer_one(wide, 40).sends(bytes_of(65, 65)).replay();
}

BOOST_AUTO_TEST_CASE(holds_without_the_out_of_band_capability_too)
{
    script full;
    full.peer(hello_without_oob).sends(std::string(our_capabilities_without_oob)).peer(our_answer, ready{});
    submit_many(full, 1, 8).sends(bytes_of(1, 7)).replay();
}

BOOST_AUTO_TEST_SUITE_END()

// QEMU takes 10 us to read each byte, so most ids have one digit.
BOOST_AUTO_TEST_SUITE(the_id)

BOOST_AUTO_TEST_CASE(is_one_digit_in_rotation)
{
    script one_by_one = negotiated();
    for (std::uint64_t number = 1; number <= 20; ++number) {
        std::uint64_t const id = (number - 1) % 9 + 1;
        one_by_one.submits("c", "c").sends_command("c", id).peer(answer_to(id), returns("c"));
    }
    one_by_one.replay();
}

BOOST_AUTO_TEST_CASE(is_not_reused_while_its_command_awaits_an_answer)
{
    script open = negotiated(with_window(0));
    submit_many(open, 1, 12).sends(bytes_of(1, 12));
    answer_one(open, 3);
    open.submits("next", "next").sends_command("next", 6);
    open.submits("one more", "more").sends_command("more", 23);
    open.peer(answer_to(6), returns("next")).peer(answer_to(23), returns("one more")).replay();
}

// The window opens with the first of the two answers, and the queued command is sent at once.
BOOST_AUTO_TEST_CASE(is_reused_too_late_for_a_duplicate_reply_to_match)
{
    script full = negotiated();
    submit_many(full, 1, 20).sends(bytes_of(1, 7));
    for (std::uint64_t id = 1; id <= short_ids::longest; ++id)
        full.peer(answer_to(id), returns(name_of(id <= 5 ? id : id + 2))).peer(answer_to(id), unawaited_reply());
    full.replay();
}

BOOST_AUTO_TEST_CASE(is_not_reused_before_the_late_reply_to_an_abandoned_command)
{
    script full = negotiated();
    submit_many(full, 1, 1).sends(bytes_of(1, 1)).abandons("c1");
    for (std::uint64_t id = 2; id <= 9; ++id)
        full.submits("c", "c").sends_command("c", id).peer(answer_to(id), returns("c"));
    full.submits("c", "c").sends_command("c", 2).peer(answer_to(2), returns("c")).replay();
}

BOOST_AUTO_TEST_CASE(is_not_reused_if_it_was_never_answered)
{
    script full = negotiated();
    submit_many(full, 1, 2).sends(bytes_of(1, 2)).abandons("c1");
    answer_one(full, 2);  // so c1's answer had no id
    for (std::uint64_t id = 3; id <= 9; ++id)
        full.submits("c", "c").sends_command("c", id).peer(answer_to(id), returns("c"));
    full.submits("c", "c").sends_command("c", 2).peer(answer_to(1), unawaited_reply()).peer(answer_to(2), returns("c")).replay();
}

BOOST_AUTO_TEST_CASE(grows_from_a_random_start_without_a_handshake)
{
    auto options = test_options();
    options.negotiate = false;
    options.ids = command_ids::always;
    options.nonce = std::uint64_t{1234} << 16;
    performance now(options);
    BOOST_TEST(!now.submit("a", "a"));
    BOOST_TEST(!now.submit("b", "b"));
    BOOST_TEST(now.core().output() == R"({"execute":"a","id":1235}{"execute":"b","id":1236})");
    now.cut();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_abandoned_command)

BOOST_AUTO_TEST_CASE(that_was_queued_is_never_sent)
{
    script full = negotiated(with_window(1));
    submit_many(full, 1, 4).sends(bytes_of(1, 1)).abandons("c3").abandons("c2");
    answer_one(full, 1).sends_command("c4", 2).counts(&session_counters::commands, 2);
    full.peer(R"({"return": {}, "id": 3})", unawaited_reply()).counts(&session_counters::late_replies, 0).replay();
}

BOOST_AUTO_TEST_CASE(that_was_the_last_in_the_queue_leaves_it_empty)
{
    script full = negotiated(with_window(1));
    submit_many(full, 1, 2).abandons("c2").sends(bytes_of(1, 1));
    answer_one(full, 1).sends("");
    full.submits("next", "next").sends_command("next", 2).replay();
}

BOOST_AUTO_TEST_CASE(that_was_queued_can_be_submitted_again_and_is_sent_once)
{
    script full = negotiated(with_window(1));
    submit_many(full, 1, 2).abandons("c2").submits("c2", "c2").sends(bytes_of(1, 1));
    answer_one(full, 1).sends_command("c2", 2).peer(answer_to(2), returns("c2")).sends("").replay();
}

BOOST_AUTO_TEST_CASE(that_was_queued_can_be_submitted_again_and_sent_at_once)
{
    script full = negotiated(with_window(1));
    submit_many(full, 1, 2).abandons("c2").sends(bytes_of(1, 1));
    answer_one(full, 1).submits("c2", "c2").sends_command("c2", 2).submits("c1", "c1").sends("");
    full.peer(answer_to(2), returns("c2")).sends_command("c1", 3).replay();
}

BOOST_AUTO_TEST_CASE(on_the_wire_keeps_its_place_in_the_window)
{
    script full = negotiated();
    submit_many(full, 1, 8).sends(bytes_of(1, 7));
    for (std::uint64_t number = 1; number <= 7; ++number)
        full.abandons(name_of(number));
    full.sends("").checks("the eighth waits", waits("c8"));
    full.peer(answer_to(1)).sends_command("c8", 6).counts(&session_counters::late_replies, 1).replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_peer_that_does_not_read)

BOOST_FIXTURE_TEST_CASE(has_its_commands_queued_on_our_side, stuck)
{
    BOOST_TEST(now.core().output().ends_with(R"(x"},"id":1})"));
    BOOST_TEST((now.named("large").state() == request::stage::in_flight));
    BOOST_TEST((now.named("a").state() == request::stage::queued));
    now.cut();
}

BOOST_FIXTURE_TEST_CASE(does_not_get_commands_that_are_abandoned_meanwhile, stuck)
{
    now.abandon("b");
    now.core().sent(now.core().output().size());
    BOOST_TEST(now.core().output() == R"({"execute":"a","id":2}{"execute":"c","id":4})");
    now.cut();
}

BOOST_FIXTURE_TEST_CASE(gets_the_rest_when_it_reads_again, stuck)
{
    std::size_t const all = now.core().output().size();
    now.core().sent(1);
    BOOST_TEST(now.core().output().size() == all - 1);
    now.core().sent(all - 2);
    BOOST_TEST(now.core().output() == "}");
    now.core().sent(1);
    BOOST_TEST(now.core().output() == R"({"execute":"a","id":2}{"execute":"b","id":3}{"execute":"c","id":4})");
    BOOST_TEST(now.core().counters().snapshot().bytes_sent == all);
    now.cut();
}

BOOST_FIXTURE_TEST_CASE(gets_them_in_order_when_it_answers_first, stuck)
{
    now.core().sent(1000);  // leaves less than 1 MiB
    BOOST_TEST(!now.submit("d", "d"));
    BOOST_TEST((now.named("d").state() == request::stage::queued));
    now.hear(R"({"return": {}, "id": 1})");
    now.core().sent(now.core().output().size());
    now.core().sent(now.core().output().size());
    BOOST_TEST(now.core().output() == "");
    now.hear(R"({"return": {}, "id": 5}{"return": {}, "id": 2}{"return": {}, "id": 3}{"return": {}, "id": 4})");
    BOOST_TEST(now.take_seen().size() == 5U);
    now.cut();
}

BOOST_FIXTURE_TEST_CASE(that_has_disconnected_gets_nothing_more, stuck)
{
    now.cut();
    BOOST_TEST(now.core().output() == "");
    now.core().sent(0);
    BOOST_TEST(now.core().output() == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_output)

BOOST_AUTO_TEST_CASE(can_be_sent_byte_by_byte)
{
    performance now(stuck::unlimited());
    BOOST_TEST(!now.submit("a", "a"));
    BOOST_TEST(!now.submit("b", "b"));
    std::string sent;
    while (!now.core().output().empty()) {
        sent += now.core().output().front();
        now.core().sent(1);
        if (sent.size() == 30)
            BOOST_TEST(!now.submit("c", "c"));
    }
    BOOST_TEST(sent == R"({"execute":"a","id":1}{"execute":"b","id":2}{"execute":"c","id":3})");
    now.cut();
}

BOOST_AUTO_TEST_SUITE_END()
