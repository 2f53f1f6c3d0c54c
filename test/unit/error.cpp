// Error codes: their equality, the outcome of the command, and their messages.
#include <coqmp/command_failed.hpp>
#include <coqmp/error.hpp>

#include "detail/outcome.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using boost::system::error_code;
using coqmp::command_error;
using coqmp::errc;
using coqmp::error_class;
using coqmp::outcome;
using coqmp::with_outcome;

namespace coqmp {

std::ostream& boost_test_print_type(std::ostream& out, errc value)
{
    return out << "errc " << static_cast<int>(value);
}

}  // namespace coqmp

namespace {

std::vector<errc> reasons()
{
    std::vector<errc> all;
    for (int value = static_cast<int>(errc::disconnected); value <= static_cast<int>(errc::name_in_use); ++value)
        all.push_back(static_cast<errc>(value));
    return all;
}

std::vector<errc> conditions()
{
    std::vector<errc> all = reasons();
    all.push_back(errc::not_sent);
    all.push_back(errc::outcome_unknown);
    return all;
}

/// Whether a code of this reason also matches the condition.
bool holds(errc reason, errc condition)
{
    return reason == condition || (reason == errc::event_missing && condition == errc::timed_out);
}

struct known_class
{
    char const* name;
    error_class value;
};
constexpr known_class known_classes[] = {
    {"GenericError", error_class::generic_error},        {"CommandNotFound", error_class::command_not_found},
    {"DeviceNotActive", error_class::device_not_active}, {"DeviceNotFound", error_class::device_not_found},
    {"KVMMissingCap", error_class::kvm_missing_cap},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(error_suite)

BOOST_DATA_TEST_CASE(a_plain_code_is_its_errc_and_no_other, data::make(conditions()), reason)
{
    error_code const code = make_error_code(reason);
    BOOST_TEST(code.failed());
    for (errc condition : conditions()) {
        BOOST_TEST((code == condition) == holds(reason, condition));
        BOOST_TEST((condition == code) == holds(reason, condition));
        BOOST_TEST((code != condition) == !holds(reason, condition));
    }
}

BOOST_DATA_TEST_CASE(a_code_that_was_not_sent_is_its_errc_and_not_sent, data::make(reasons()), reason)
{
    error_code const code = with_outcome(reason, outcome::not_sent);
    BOOST_TEST(code.failed());
    for (errc condition : conditions())
        BOOST_TEST((code == condition) == (holds(reason, condition) || condition == errc::not_sent));
}

BOOST_DATA_TEST_CASE(a_code_of_unknown_outcome_is_its_errc_and_outcome_unknown, data::make(reasons()), reason)
{
    error_code const code = with_outcome(reason, outcome::unknown);
    BOOST_TEST(code.failed());
    for (errc condition : conditions())
        BOOST_TEST((code == condition) == (holds(reason, condition) || condition == errc::outcome_unknown));
}

BOOST_DATA_TEST_CASE(an_outcome_replaces_the_one_before, data::make(reasons()), reason)
{
    error_code const unknown = with_outcome(reason, outcome::unknown);
    BOOST_TEST((with_outcome(unknown, outcome::not_sent) == with_outcome(reason, outcome::not_sent)));
    BOOST_TEST((with_outcome(unknown, outcome::unknown) == unknown));
}

BOOST_DATA_TEST_CASE(a_code_leads_to_its_condition, data::make(reasons()), reason)
{
    for (outcome what : {outcome::not_sent, outcome::unknown}) {
        BOOST_TEST((with_outcome(reason, what).default_error_condition() == make_error_condition(reason)));
        BOOST_TEST((with_outcome(reason, what).category() == coqmp::library_category()));
    }
}

BOOST_DATA_TEST_CASE(a_message_is_a_distinct_phrase_and_includes_the_outcome, data::make(conditions()), reason)
{
    std::string const message = make_error_code(reason).message();
    BOOST_TEST(message.find("does not know") == std::string::npos);
    BOOST_TEST(message.back() != '.');
    BOOST_TEST(with_outcome(reason, outcome::not_sent).message() == message + "; the command was not sent");
    BOOST_TEST(with_outcome(reason, outcome::unknown).message() ==
               message + "; the command was sent, but its outcome is unknown");
    BOOST_TEST(make_error_condition(reason).message() == message);
}

BOOST_AUTO_TEST_CASE(no_two_messages_are_alike)
{
    std::set<std::string> messages;
    for (errc reason : conditions())
        messages.insert(make_error_code(reason).message());
    BOOST_TEST(messages.size() == conditions().size());
}

BOOST_AUTO_TEST_CASE(a_value_from_a_later_version_has_a_message_too)
{
    BOOST_TEST(error_code(99, coqmp::library_category()).message() == "an error that this version of coqmp does not know");
}

BOOST_AUTO_TEST_CASE(codes_that_differ_in_the_outcome_only_are_different_codes)
{
    BOOST_TEST((make_error_code(errc::timed_out) != with_outcome(errc::timed_out, outcome::unknown)));
    BOOST_TEST((with_outcome(errc::timed_out, outcome::not_sent) != with_outcome(errc::timed_out, outcome::unknown)));
    BOOST_TEST((with_outcome(errc::timed_out, outcome::unknown) == with_outcome(errc::timed_out, outcome::unknown)));
}

BOOST_AUTO_TEST_CASE(an_error_of_the_kernel_becomes_a_disconnection)
{
    for (int number : {ECONNRESET, EPIPE, ECANCELED, ETIMEDOUT, 0}) {
        error_code const reason(number, boost::system::system_category());
        BOOST_TEST((with_outcome(reason, outcome::not_sent) == with_outcome(errc::disconnected, outcome::not_sent)));
        BOOST_TEST((with_outcome(reason, outcome::unknown) == with_outcome(errc::disconnected, outcome::unknown)));
    }
}

BOOST_AUTO_TEST_CASE(a_class_of_qemu_is_not_a_reason_of_the_library)
{
    error_code const reason = make_error_code(error_class::generic_error);
    BOOST_TEST((reason != errc::disconnected));  // the numbers are the same
    BOOST_TEST((with_outcome(reason, outcome::unknown) == with_outcome(errc::disconnected, outcome::unknown)));
}

BOOST_AUTO_TEST_CASE(a_cancelled_operation_says_nothing_about_sent_or_not_sent)
{
    for (auto const* category : {&boost::system::system_category(), &boost::system::generic_category()}) {
        error_code const aborted(ECANCELED, *category);
        for (errc condition : conditions())
            BOOST_TEST((aborted != condition));
    }
}

BOOST_AUTO_TEST_CASE(other_errors_of_the_kernel_do_not_match_conditions_of_the_library)
{
    for (int number : {0, 1, 2, ECONNRESET, ETIMEDOUT, 101, 102})
        for (errc condition : conditions()) {
            BOOST_TEST((error_code(number, boost::system::system_category()) != condition));
            BOOST_TEST((error_code(number, boost::system::generic_category()) != condition));
        }
}

BOOST_AUTO_TEST_CASE(success_does_not_match_any_condition_of_the_library)
{
    for (errc condition : conditions())
        BOOST_TEST((error_code() != condition));
}

BOOST_AUTO_TEST_CASE(a_code_of_the_library_does_not_match_conditions_of_others)
{
    BOOST_TEST((make_error_code(errc::disconnected) != boost::system::errc::operation_not_permitted));
    BOOST_TEST((with_outcome(errc::timed_out, outcome::unknown) != boost::system::errc::operation_canceled));
}

BOOST_AUTO_TEST_CASE(the_categories_have_names)
{
    BOOST_TEST(coqmp::library_category().name() == std::string("coqmp"));
    BOOST_TEST(coqmp::error_class_category().name() == std::string("coqmp.error_class"));
    BOOST_TEST((coqmp::library_category() != coqmp::error_class_category()));
}

BOOST_AUTO_TEST_CASE(known_classes_have_codes)
{
    std::set<std::string> messages;
    for (known_class const& known : known_classes) {
        command_error const error{known.name, "d"};
        BOOST_TEST((error.code() == known.value));
        BOOST_TEST((error.code() != error_class::other));
        BOOST_TEST(error.code().failed());
        BOOST_TEST(error.code().message().find(known.name) != std::string::npos);
        messages.insert(error.code().message());
    }
    BOOST_TEST(messages.size() == 5U);
}

BOOST_AUTO_TEST_CASE(unknown_classes_are_other)
{
    for (char const* name : {"", "genericerror", "GenericError ", "UnknownError", "__com.example"}) {
        BOOST_TEST((command_error{name, ""}.code() == error_class::other));
        BOOST_TEST(command_error({name, ""}).code().message() == "QEMU returned an error class that coqmp does not know");
    }
}

BOOST_AUTO_TEST_CASE(a_command_error_prints_class_and_description)
{
    std::ostringstream out;
    out << command_error{"GenericError", "no such node"};
    BOOST_TEST(out.str() == "GenericError: no such node");
}

BOOST_AUTO_TEST_CASE(a_failed_command_reports_its_name_and_qemus_description)
{
    coqmp::command_failed const failure("device_del", {"DeviceNotFound", "Device 'x' not found"});
    BOOST_TEST(failure.command() == "device_del");
    BOOST_TEST((failure.error() == command_error{"DeviceNotFound", "Device 'x' not found"}));
    BOOST_TEST((failure.code() == error_class::device_not_found));
    BOOST_TEST(failure.what() == std::string("device_del: DeviceNotFound: Device 'x' not found"));
}

BOOST_AUTO_TEST_CASE(a_failed_command_can_be_copied_and_caught_as_a_system_error)
{
    try {
        coqmp::command_failed const original("x", {"C", "d"});
        throw coqmp::command_failed(original);
    } catch (boost::system::system_error const& error) {
        BOOST_TEST(error.what() == std::string("x: C: d"));
        BOOST_TEST((error.code() == error_class::other));
    }
}

BOOST_AUTO_TEST_CASE(qemus_description_is_escaped_in_what_and_unchanged_in_error)
{
    coqmp::command_failed const failure("eject", command_error{"GenericError", "\x1b]0;owned\a"});
    BOOST_TEST(std::string(failure.what()) == "eject: GenericError: \\x1b]0;owned\\x07");
    BOOST_TEST(failure.error().description == "\x1b]0;owned\a");
}

BOOST_AUTO_TEST_SUITE_END()
