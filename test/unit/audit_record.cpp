// What a proxy writes down about each command of a client.
#include "proxy/audit_record.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <random>
#include <string>

using coqmp::proxy::audit_outcome;
using coqmp::proxy::audit_record;
using coqmp::proxy::longest_audit_text;
using namespace std::chrono_literals;

namespace {

audit_record sample()
{
    audit_record result;
    result.client = "/run/vm/1.sock";
    result.process = 812;
    result.user = 64055;
    result.policy = "read-only";
    result.command = "query-status";
    result.duration = 153us;
    return result;
}

std::string field_of(audit_record const& record, std::string const& name)
{
    std::string const text = to_string(record);
    std::size_t const begin = text.find(' ' + name + '=') + name.size() + 2;
    return text.substr(begin, text.find(' ', begin) - begin);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_audit_record)

BOOST_AUTO_TEST_CASE(is_one_line)
{
    BOOST_TEST(to_string(sample()) ==
               "client=/run/vm/1.sock pid=812 uid=64055 policy=read-only command=query-status outcome=ok ms=0.153");
}

BOOST_AUTO_TEST_CASE(may_have_no_process)
{
    audit_record record = sample();
    record.client = "192.0.2.7:4444";
    record.process = std::nullopt;
    record.user = std::nullopt;
    BOOST_TEST(to_string(record).starts_with("client=192.0.2.7:4444 pid=- uid=- policy="));
    record.user = 0;
    BOOST_TEST(field_of(record, "uid") == "0");
}

BOOST_AUTO_TEST_CASE(says_how_the_command_ended)
{
    audit_record record = sample();
    record.outcome = audit_outcome::failed;
    record.error_class = "GenericError";
    BOOST_TEST(field_of(record, "outcome") == "error:GenericError");
    record.error_class = "Two Words";
    BOOST_TEST(to_string(record).find(R"(outcome=error:"Two Words" ms=)") != std::string::npos);
    record.outcome = audit_outcome::refused;
    BOOST_TEST(field_of(record, "outcome") == "refused");
    record.outcome = audit_outcome::lost;
    BOOST_TEST(field_of(record, "outcome") == "lost");
}

BOOST_AUTO_TEST_CASE(has_the_duration_in_milliseconds)
{
    audit_record record = sample();
    auto const milliseconds = [&record](std::chrono::nanoseconds duration) {
        record.duration = duration;
        return field_of(record, "ms");
    };
    BOOST_TEST(milliseconds(0ns) == "0.000");
    BOOST_TEST(milliseconds(999ns) == "0.000");
    BOOST_TEST(milliseconds(1007us) == "1.007");
    BOOST_TEST(milliseconds(2min) == "120000.000");
    BOOST_TEST(milliseconds(-5s) == "0.000");
    BOOST_TEST(milliseconds(std::chrono::nanoseconds::max()) == "9223372036854.775");
}

BOOST_AUTO_TEST_CASE(quotes_what_a_client_could_deceive_with)
{
    audit_record record = sample();
    auto const shown = [&record](std::string const& command) {
        record.command = command;
        std::string const text = to_string(record);
        std::size_t const begin = text.find(" command=") + 9;
        return text.substr(begin, text.rfind(" outcome=") - begin);
    };
    BOOST_TEST(shown("a\nclient=b") == R"("a\nclient=b")");
    BOOST_TEST(shown("quit outcome=ok") == R"("quit outcome=ok")");
    BOOST_TEST(shown("a\" b") == R"("a\" b")");
    BOOST_TEST(shown("\x1b[2J\r\xff\x80") == R"("\u001B[2J\r\uFFFD\uFFFD")");
    BOOST_TEST(shown("gr\xc3\xbcn") == R"("gr\u00FCn")");
    BOOST_TEST(shown("") == R"("")");
    BOOST_TEST(shown("-") == "-");
    BOOST_TEST(shown(std::string("a\0b", 3)) == R"("a\u0000b")");
}

BOOST_AUTO_TEST_CASE(shortens_what_is_long)
{
    audit_record record = sample();
    record.command = std::string(128, 'x');
    BOOST_TEST(field_of(record, "command") == std::string(128, 'x'));
    record.command += 'x';
    BOOST_TEST(field_of(record, "command") == '"' + std::string(128, 'x') + "...\"");
}

BOOST_AUTO_TEST_CASE(is_printable_and_bounded_whatever_it_holds)
{
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
    auto const any_text = [&random] {
        std::string result(random() % 300, ' ');
        bool const is_control = random() % 2 == 0;
        for (char& each : result)
            each = static_cast<char>(is_control ? random() % 32 : random());
        return result;
    };
    std::size_t longest = 0;
    for (int count = 0; count < 2000; ++count) {
        audit_record record = sample();
        record.process = std::numeric_limits<::pid_t>::min();
        record.user = std::numeric_limits<::uid_t>::max();
        record.duration = std::chrono::nanoseconds::max();
        record.client = any_text();
        record.policy = any_text();
        record.command = any_text();
        record.error_class = any_text();
        record.outcome = audit_outcome::failed;
        std::string const text = to_string(record);
        BOOST_REQUIRE(std::ranges::all_of(text, [](char each) { return each >= ' ' && each <= '~'; }));
        longest = std::max(longest, text.size());
    }
    BOOST_TEST(longest > longest_audit_text / 2);
    BOOST_TEST(longest <= longest_audit_text);
}

BOOST_AUTO_TEST_SUITE_END()
