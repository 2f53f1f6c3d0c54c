// Descriptors: those that come with a client's bytes, and those that a server sends with its answers.
#include "unit/served_client.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

descriptor open_null()
{
    return descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int number)
{
    return ::fcntl(number, F_GETFD) != -1;
}

/// Open descriptors with their numbers.
struct opened
{
    explicit opened(std::size_t count)
    {
        for (std::size_t index = 0; index < count; ++index) {
            descriptors.push_back(open_null());
            numbers.push_back(descriptors.back().number());
        }
    }

    std::vector<descriptor> descriptors;
    std::vector<int> numbers;
};

std::vector<int> numbers_of(std::span<descriptor const> what)
{
    std::vector<int> result;
    for (descriptor const& each : what)
        result.push_back(each.number());
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_dialogue_descriptors, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_command_takes_those_that_came_with_it)
{
    served_client client(negotiation_in_band);
    opened sent(1);
    client.core().receive_descriptors(std::move(sent.descriptors));
    client.says(R"({"execute":"getfd","arguments":{"fdname":"a"}})");
    std::vector<descriptor> const taken = client.core().take_descriptors(1);
    BOOST_TEST(numbers_of(taken) == sent.numbers);
    BOOST_TEST(client.core().take_descriptors(1).empty());
}

BOOST_AUTO_TEST_CASE(a_later_command_may_take_them)
{
    served_client client(negotiation_in_band);
    opened sent(1);
    client.core().receive_descriptors(std::move(sent.descriptors));
    client.says(R"({"execute":"query-status"})");
    client.answer(0, 1);
    client.core().receive_descriptors({});
    client.says(R"({"execute":"getfd"})");
    BOOST_TEST(numbers_of(client.core().take_descriptors(1)) == sent.numbers);
}

BOOST_AUTO_TEST_CASE(the_newest_replace_those_that_were_not_taken)
{
    served_client client(negotiation_in_band);
    opened first(2);
    opened second(1);
    client.core().receive_descriptors(std::move(first.descriptors));
    client.core().receive_descriptors(std::move(second.descriptors));
    for (int const each : first.numbers)
        BOOST_TEST(!is_open(each));
    BOOST_TEST(numbers_of(client.core().take_descriptors(8)) == second.numbers);
}

BOOST_AUTO_TEST_CASE(those_that_a_command_does_not_take_are_closed)
{
    served_client client(negotiation_in_band);
    opened sent(3);
    client.core().receive_descriptors(std::move(sent.descriptors));
    std::vector<descriptor> const taken = client.core().take_descriptors(1);
    BOOST_TEST((numbers_of(taken) == std::vector<int>{sent.numbers[0]}));
    BOOST_TEST(is_open(sent.numbers[0]));
    BOOST_TEST(!is_open(sent.numbers[1]));
    BOOST_TEST(!is_open(sent.numbers[2]));
}

BOOST_AUTO_TEST_CASE(those_that_are_left_are_closed_with_the_conversation)
{
    opened received(1);
    opened answered(1);
    opened waiting(1);
    {
        served_client client(negotiation_out_of_band);
        client.says(R"({"execute":"a"}{"execute":"b"}{"execute":"c"})");
        client.core().receive_descriptors(std::move(received.descriptors));
        client.answer(0, 1, std::move(answered.descriptors));
        client.answer(2, 1, std::move(waiting.descriptors));
        BOOST_TEST(is_open(waiting.numbers[0]));
    }
    BOOST_TEST(!is_open(received.numbers[0]));
    BOOST_TEST(!is_open(answered.numbers[0]));
    BOOST_TEST(!is_open(waiting.numbers[0]));
}

BOOST_AUTO_TEST_CASE(an_answer_has_them_with_its_first_byte_and_once)
{
    served_client client(negotiation_out_of_band);
    client.says(R"({"execute":"a"}{"execute":"b"}{"execute":"c"})");
    opened first(2);
    opened second(1);
    server_dialogue& core = client.core();
    client.answer(0, 0);
    client.answer(1, 1, std::move(first.descriptors));
    client.answer(2, 2, std::move(second.descriptors));

    BOOST_TEST(core.output() == "{\"return\": 0}\r\n");
    BOOST_TEST(core.output_descriptors().empty());
    core.sent(3);
    BOOST_TEST(core.output() == "eturn\": 0}\r\n");
    BOOST_TEST(core.output_descriptors().empty());
    core.sent(core.output().size());

    BOOST_TEST(core.output() == "{\"return\": 1}\r\n");
    BOOST_TEST(numbers_of(core.output_descriptors()) == first.numbers);
    core.sent(1);
    BOOST_TEST(core.output_descriptors().empty());
    BOOST_TEST(!is_open(first.numbers[0]));
    BOOST_TEST(core.output() == "\"return\": 1}\r\n");
    core.sent(core.output().size());

    BOOST_TEST(core.output() == "{\"return\": 2}\r\n");
    BOOST_TEST(numbers_of(core.output_descriptors()) == second.numbers);
    core.sent(core.output().size());
    BOOST_TEST(core.output().empty());
    BOOST_TEST(core.output_descriptors().empty());
}

BOOST_AUTO_TEST_CASE(an_answer_that_waits_for_another_keeps_them)
{
    served_client client(negotiation_out_of_band);
    client.says(R"({"execute":"a"}{"execute":"b"})");
    opened sent(1);
    client.answer(1, 1, std::move(sent.descriptors));
    BOOST_TEST(client.core().output_descriptors().empty());
    client.answer(0, 0);
    client.core().sent(client.core().output().size());
    BOOST_TEST(numbers_of(client.core().output_descriptors()) == sent.numbers);
}

BOOST_AUTO_TEST_CASE(an_out_of_band_answer_may_have_some)
{
    served_client client(negotiation_out_of_band);
    client.says(R"({"exec-oob":"a"})");
    opened sent(1);
    client.answer(0, 1, std::move(sent.descriptors));
    BOOST_TEST(numbers_of(client.core().output_descriptors()) == sent.numbers);
}

BOOST_AUTO_TEST_CASE(messages_behind_an_answer_go_with_it)
{
    served_client client(negotiation_in_band);
    client.says(R"({"execute":"a"})");
    opened sent(1);
    client.answer(0, 1, std::move(sent.descriptors));
    client.core().send_event("{\"event\": \"STOP\"}\r\n");
    BOOST_TEST(client.core().output() == "{\"return\": 1}\r\n{\"event\": \"STOP\"}\r\n");
    BOOST_TEST(client.core().output_descriptors().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
