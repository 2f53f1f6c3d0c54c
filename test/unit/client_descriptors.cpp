// To which client of a proxy the descriptors belong that QEMU keeps.
#include "unit/shared_descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using coqmp::proxy::client_id;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(client_descriptors_)

BOOST_AUTO_TEST_SUITE(a_name)

BOOST_AUTO_TEST_CASE(that_another_client_holds_is_not_replaced)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "getfd", x) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    BOOST_TEST(qemu.execute(b, "getfd", R"({"fdname": "y"})") == "");
}

BOOST_AUTO_TEST_CASE(may_be_replaced_by_its_owner)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "getfd", x) == "");
    BOOST_TEST(qemu.execute(a, "getfd", x) == "");
    BOOST_TEST(qemu.execute(a, "closefd", x) == "");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(that_is_on_the_wire_is_held_already)
{
    monitor qemu;
    BOOST_TEST(qemu.send(a, "getfd", x) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    qemu.fail();
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.send(a, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(that_was_sent_again_in_vain_is_still_held)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, "getfd", x) == "");
    qemu.fail();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(is_closed_only_by_its_owner)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(b, "closefd", x) == x_not_found);
    BOOST_TEST(qemu.send(b, "closefd", R"({"fdname": "x", "more": 1})") == x_not_found);
    BOOST_TEST(qemu.execute(a, "closefd", x) == "");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(that_qemu_does_not_find_is_free)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, "closefd", x) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    qemu.fail();
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(is_not_free_after_a_closefd_that_qemu_cannot_have_executed)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, "closefd", R"({"fdname": "x", "more": 1})") == "");
    qemu.fail();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(that_is_closed_between_two_additions_is_held)
{
    monitor qemu;
    qemu.send(a, "getfd", x);
    qemu.send(a, "closefd", x);
    qemu.send(a, "getfd", x);
    qemu.answer();
    qemu.answer();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    qemu.answer();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
}

BOOST_AUTO_TEST_CASE(that_no_client_has_sent_is_left_to_qemu)
{
    monitor qemu;
    BOOST_TEST(qemu.send(a, "closefd", x) == "");
    BOOST_TEST(qemu.send(b, "closefd", x) == "");
    qemu.fail();
    qemu.fail();
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_left_to_qemu)
{
    monitor qemu;
    for (char const* const arguments : {"{}", R"({"fdname": 3})", R"({"fdname": null})", R"({"fdname": ["x"]})"}) {
        BOOST_TEST(qemu.send(a, "getfd", arguments) == "");
        qemu.fail();
        BOOST_TEST(qemu.send(a, "closefd", arguments) == "");
        qemu.fail();
    }
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(that_is_too_long_to_remember_is_refused)
{
    monitor qemu;
    std::string const longest(1024, 'x');
    BOOST_TEST(qemu.execute(a, "getfd", R"({"fdname": ")" + longest + R"("})") == "");
    BOOST_TEST(qemu.send(a, "getfd", R"({"fdname": ")" + longest + R"(x"})") ==
               "Parameter 'fdname' expects a name of at most 1024 bytes");
}

BOOST_AUTO_TEST_CASE(is_given_back_when_its_owner_leaves)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    qemu.execute(a, "getfd", R"({"fdname": "closed"})");
    qemu.execute(a, "closefd", R"({"fdname": "closed"})");
    qemu.execute(b, "getfd", R"({"fdname": "other"})");
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.leave(a) == "");
}

BOOST_AUTO_TEST_CASE(whose_owner_leaves_before_the_answer_is_given_back_and_not_confused_with_a_later_one)
{
    monitor qemu;
    qemu.send(a, "getfd", x);
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
    BOOST_TEST(qemu.send(b, "getfd", x) == "");
    BOOST_TEST(qemu.answer() == "");  // to the client that has left
    constexpr client_id c{3};
    BOOST_TEST(qemu.send(c, "getfd", x) == x_in_use);
    qemu.fail();
    BOOST_TEST(qemu.send(c, "getfd", x) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_set)

BOOST_AUTO_TEST_CASE(that_qemu_chose_belongs_to_the_client_that_asked)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "add-fd", "{}", R"({"fdset-id": 7, "fd": 21})") == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
    BOOST_TEST(qemu.send(b, "remove-fd", R"({"fdset-id": 7, "fd": 21})") ==
               "File descriptor named 'fdset-id:7, fd:21' not found");
    BOOST_TEST(qemu.execute(a, "add-fd", set_7, R"({"fdset-id": 7, "fd": 22})") == "");
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
    BOOST_TEST(qemu.execute(b, "add-fd", set_7, R"({"fdset-id": 7, "fd": 23})") == "");
}

BOOST_AUTO_TEST_CASE(that_a_client_chose_is_its_own_at_once)
{
    monitor qemu;
    BOOST_TEST(qemu.send(a, "add-fd", set_7) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
    qemu.fail();
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
}

BOOST_AUTO_TEST_CASE(may_be_any_that_is_free_while_qemu_chooses)
{
    monitor qemu;
    qemu.send(a, "add-fd", "{}");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(a, "add-fd", set_7) == "");
    BOOST_TEST(qemu.send(b, "add-fd", "{}") == "");
    qemu.answer(R"({"fdset-id": 0, "fd": 21})");
    qemu.answer(R"({"fdset-id": 7, "fd": 22})");
    qemu.answer(R"({"fdset-id": 1, "fd": 23})");
    BOOST_TEST(qemu.execute(b, "add-fd", R"({"fdset-id": 1})") == "");
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":0} remove-fd{"fdset-id":7} )");
    BOOST_TEST(qemu.leave(b) == R"(remove-fd{"fdset-id":1} )");
}

BOOST_AUTO_TEST_CASE(that_may_be_the_one_that_qemu_chooses_for_another_client_is_not_touched)
{
    monitor qemu;
    qemu.execute(b, "add-fd", set_7);
    qemu.execute(b, "add-fd", R"({"fdset-id": 8})");
    qemu.execute(b, "remove-fd", R"({"fdset-id": 8, "fd": 21})");
    qemu.send(b, "remove-fd", set_7);
    qemu.send(a, "add-fd", "{}");
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(b, "remove-fd", R"({"fdset-id": 8})") == "File descriptor named 'fdset-id:8' not found");
    BOOST_TEST(qemu.send(b, "remove-fd", R"({"fdset-id": 9})") == "File descriptor named 'fdset-id:9' not found");
    qemu.answer();
    qemu.answer(R"({"fdset-id": 7, "fd": 22})");
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
    BOOST_TEST(qemu.execute(b, "remove-fd", R"({"fdset-id": 8})") == "");
}

BOOST_AUTO_TEST_CASE(that_is_removed_before_it_was_known_to_be_added_is_not_held)
{
    monitor qemu;
    qemu.send(b, "add-fd", set_7);
    qemu.send(b, "remove-fd", set_7);
    qemu.send(a, "add-fd", "{}");
    qemu.answer();
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
}

BOOST_AUTO_TEST_CASE(of_which_one_descriptor_is_removed_before_two_are_known_to_be_added_is_given_back)
{
    monitor qemu;
    qemu.send(a, "add-fd", set_7);
    qemu.send(a, "add-fd", set_7);
    qemu.send(a, "remove-fd", R"({"fdset-id": 7, "fd": 21})");
    for (int count = 0; count < 3; ++count)
        qemu.answer();
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(that_was_removed_stays_its_owners_and_is_not_given_back)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    BOOST_TEST(qemu.execute(a, "remove-fd", set_7) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
}

BOOST_AUTO_TEST_CASE(that_was_removed_and_filled_again_is_given_back)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    qemu.execute(a, "remove-fd", set_7);
    qemu.execute(a, "add-fd", set_7);
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(from_which_one_descriptor_was_removed_is_given_back)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    qemu.execute(a, "remove-fd", R"({"fdset-id": 7, "fd": 21})");
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(that_qemu_chooses_anew_changes_its_owner)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    qemu.execute(a, "remove-fd", set_7);
    BOOST_TEST(qemu.execute(b, "add-fd", "{}", R"({"fdset-id": 7, "fd": 22})") == "");
    BOOST_TEST(qemu.send(a, "remove-fd", set_7) == set_7_not_found);
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.leave(b) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(that_qemu_chose_for_a_client_that_has_left_is_given_back)
{
    monitor qemu;
    qemu.send(a, "add-fd", "{}");
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.answer(R"({"fdset-id": 7, "fd": 21})") == R"(remove-fd{"fdset-id":7})");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
}

BOOST_AUTO_TEST_CASE(that_qemu_did_not_create_is_free)
{
    monitor qemu;
    qemu.send(a, "add-fd", "{}");
    qemu.leave(a);
    BOOST_TEST(qemu.fail() == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
    for (char const* const nonsense : {"[]", "{}", R"({"fdset-id": "7"})", "3"}) {
        qemu.send(b, "add-fd", "{}");
        BOOST_TEST(qemu.answer(nonsense) == "");
    }
    BOOST_TEST(qemu.descriptors.size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_the_command_line_is_left_to_qemu)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "remove-fd", set_7) == "");
    BOOST_TEST(qemu.execute(b, "remove-fd", R"({"fdset-id": 7, "fd": 3})") == "");
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(with_a_malformed_number_is_left_to_qemu)
{
    monitor qemu;
    for (char const* const arguments :
         {R"({"fdset-id": "7"})", R"({"fdset-id": 7.0})", R"({"fdset-id": null})", R"({"fdset-id": 18446744073709551615})"}) {
        BOOST_TEST(qemu.send(a, "add-fd", arguments) == "");
        qemu.fail();
        BOOST_TEST(qemu.send(a, "remove-fd", arguments) == "");
        qemu.fail();
    }
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(takes_no_memory_for_ever)
{
    monitor qemu;
    for (int number = 0; number < 2000; ++number) {
        std::string const arguments = R"({"fdset-id": )" + std::to_string(number) + "}";
        qemu.execute(a, "add-fd", arguments);
        qemu.execute(a, "remove-fd", arguments);
    }
    BOOST_TEST(qemu.descriptors.size() == 256U);
    BOOST_TEST(qemu.send(b, "add-fd", R"({"fdset-id": 1999})") != "");
    BOOST_TEST(qemu.send(b, "add-fd", R"({"fdset-id": 0})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(everything_is_forgotten_with_the_connection)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    qemu.execute(a, "add-fd", set_7);
    qemu.send(a, "add-fd", "{}");
    qemu.descriptors.forget();
    qemu.wire.clear();
    BOOST_TEST(qemu.descriptors.size() == 0U);
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.execute(b, "add-fd", set_7) == "");
    BOOST_TEST(qemu.leave(a) == "");
}

BOOST_AUTO_TEST_SUITE_END()
