// The types of settings.
#include "daemon/configuration/value_readers.hpp"
#include "daemon/configuration/account_names.hpp"
#include "daemon/configuration/configuration.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace coqmp_daemon;
using namespace std::chrono_literals;

namespace {

/// What a reader makes of a value in TOML, or what it says about it.
template <class Value>
struct outcome
{
    std::optional<Value> value;
    std::string message;
};

template <class Value>
outcome<Value> read(value_reader<Value> reader, std::string const& toml)
{
    struct settings
    {
        std::optional<Value> key;
    };
    table_schema<settings> schema;
    schema.optional("key", &settings::key, std::move(reader));
    try {
        return {parse_configuration<settings>("key = " + toml, "f", schema).key, {}};
    } catch (configuration_error const& error) {
        return {{}, error.what()};
    }
}

enum class colour { amber, green };

}  // namespace

BOOST_AUTO_TEST_SUITE(values_of_settings, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_duration_has_a_unit)
{
    BOOST_TEST((read(duration(), "'500ms'").value == 500ms));
    BOOST_TEST((read(duration(), "'75s'").value == 75s));
    BOOST_TEST((read(duration(), "'5min'").value == 5min));
    BOOST_TEST((read(duration(), "'2h'").value == 2h));
    BOOST_TEST((read(duration(), "'0s'").value == 0s));
    for (std::string const wrong : {"75", "''", "'75'", "'s'", "'1.5s'", "'-1s'", "'1 s'", "'1S'", "'1m'", "'1s '", "true",
                                    "'99999999999999999999s'", "'99999999999999999h'"})
        BOOST_TEST(read(duration(), wrong)
                       .message.starts_with(R"(f:1:7: key: expected a duration in ms, s, min or h, such as "75s", found )"));
}

BOOST_AUTO_TEST_CASE(a_duration_is_within_its_limits)
{
    BOOST_TEST((read(duration(1s, 10min), "'1s'").value == 1s));
    BOOST_TEST((read(duration(1s, 10min), "'10min'").value == 10min));
    BOOST_TEST(read(duration(1s, 10min), "'999ms'").message ==
               R"(f:1:7: key: expected a duration from 1s to 10min, found the string "999ms")");
    BOOST_TEST(read(duration(0s, 90s), "'91s'").message ==
               R"(f:1:7: key: expected a duration from 0ms to 90s, found the string "91s")");
}

BOOST_AUTO_TEST_CASE(a_size_has_a_unit_or_counts_bytes)
{
    BOOST_TEST((read(byte_count(), "512").value == 512U));
    BOOST_TEST((read(byte_count(), "'512B'").value == 512U));
    BOOST_TEST((read(byte_count(), "'16KiB'").value == 16'384U));
    BOOST_TEST((read(byte_count(), "'2MiB'").value == 2'097'152U));
    BOOST_TEST((read(byte_count(), "'1GiB'").value == 1U << 30U));
    BOOST_TEST((read(byte_count(), "'1TiB'").value == std::uint64_t(1) << 40U));
    for (std::string const wrong : {"-1", "1.5", "'16'", "'16K'", "'16kB'", "'99999999999TiB'"})
        BOOST_TEST(
            read(byte_count(), wrong)
                .message.starts_with(R"(f:1:7: key: expected a size in B, KiB, MiB, GiB or TiB, such as "16MiB", found )"));
    BOOST_TEST(read(byte_count(4096, 1 << 20), "'2MiB'").message ==
               R"(f:1:7: key: expected a size from 4KiB to 1MiB, found the string "2MiB")");
    BOOST_TEST(read(byte_count(4096, 1 << 20), "4095").message ==
               "f:1:7: key: expected a size from 4KiB to 1MiB, found the integer 4095");
}

BOOST_AUTO_TEST_CASE(an_integer_fits_its_type)
{
    BOOST_TEST((read(integer<std::uint16_t>(1, 65535), "65535").value == 65535));
    BOOST_TEST((read(integer<std::uint16_t>(1, 65535), "0xff").value == 255));
    BOOST_TEST(read(integer<std::uint16_t>(1, 65535), "65536").message ==
               "f:1:7: key: expected an integer from 1 to 65535, found the integer 65536");
    BOOST_TEST(read(integer(-1, 1), "'1'").message == R"(f:1:7: key: expected an integer from -1 to 1, found the string "1")");
    BOOST_TEST(read(integer(-1, 1), "1.0").message == "f:1:7: key: expected an integer from -1 to 1, found the number 1");
    BOOST_TEST(read(integer(-1, 1), "nan").message == "f:1:7: key: expected an integer from -1 to 1, found the number nan");
}

BOOST_AUTO_TEST_CASE(permissions_are_octal_and_a_string)
{
    BOOST_TEST((read(file_mode(), "'0660'").value == 0660U));
    BOOST_TEST((read(file_mode(), "'600'").value == 0600U));
    BOOST_TEST((read(file_mode(), "'0'").value == 0U));
    for (std::string const wrong : {"660", "0o660", "'0668'", "'01777'", "''", "'rw'", "'-1'"})
        BOOST_TEST(read(file_mode(), wrong)
                       .message.starts_with(
                           R"(f:1:7: key: expected permissions in octal digits and in quotes, such as "0660", found )"));
}

BOOST_AUTO_TEST_CASE(a_choice_means_something_to_the_program)
{
    auto const either = one_of<colour>({{"amber", colour::amber}, {"green", colour::green}});
    BOOST_TEST((read(either, "'green'").value == colour::green));
    BOOST_TEST(read(either, "'gren'").message == R"(f:1:7: key: unknown value "gren": did you mean green?)");
    BOOST_TEST(read(either, "'blue'").message == R"(f:1:7: key: expected "amber" or "green", found the string "blue")");
    BOOST_TEST(read(either, "1").message == R"(f:1:7: key: expected "amber" or "green", found the integer 1)");
}

BOOST_AUTO_TEST_CASE(a_string_is_not_empty)
{
    BOOST_TEST((read(text(), "'a b'").value == "a b"));
    BOOST_TEST(read(text(), "''").message == R"(f:1:7: key: expected a string in quotes that is not empty, found the string "")");
}

BOOST_AUTO_TEST_CASE(each_wrong_element_of_a_list_is_reported)
{
    BOOST_TEST((read(text_list(), "[]").value == std::vector<std::string>()));
    BOOST_TEST((read(text_list(), "['a', 'b']").value == std::vector<std::string>{"a", "b"}));
    BOOST_TEST(read(text_list(), "['a', 1, false]").message ==
               "f:1:13: key: expected a string in quotes that is not empty, found the integer 1\n"
               "f:1:16: key: expected a string in quotes that is not empty, found false");
}

BOOST_AUTO_TEST_CASE(a_user_or_group_exists_or_is_a_number)
{
    BOOST_TEST((read(user(), "'root'").value == 0U));
    BOOST_TEST((read(group(), "'root'").value == 0U));
    BOOST_TEST((read(user(), "12345").value == 12345U));
    BOOST_TEST((read(user(), "4294967294").value == 4294967294U));
    BOOST_TEST(read(user(), "'no such one'").message == R"(f:1:7: key: this host has no user "no such one")");
    BOOST_TEST(read(group(), "'no such one'").message == R"(f:1:7: key: this host has no group "no such one")");
    BOOST_TEST(read(user(), "4294967295").message ==
               "f:1:7: key: expected the name or the number of a user, found the integer 4294967295");
    BOOST_TEST(read(group(), "-1").message == "f:1:7: key: expected the name or the number of a group, found the integer -1");
}

BOOST_AUTO_TEST_CASE(the_account_of_a_process_is_that_of_its_user_and_group)
{
    auto const root = find_process_account("root", "");
    BOOST_REQUIRE(root.has_value());
    BOOST_TEST(root->user.value() == 0U);
    BOOST_TEST(root->group.value() == 0U);
    BOOST_TEST(!root->supplementary_groups.empty());
    auto const number = find_process_account("3000000000", "3000000001");
    BOOST_REQUIRE(number.has_value());
    BOOST_TEST(number->user.value() == 3000000000U);
    BOOST_TEST(number->group.value() == 3000000001U);
    BOOST_TEST(number->supplementary_groups.empty());
    BOOST_TEST(find_process_account("", "root").value().group.value() == 0U);
    BOOST_TEST(!find_process_account("", "").value().user.has_value());
}

BOOST_AUTO_TEST_CASE(an_account_that_is_not_known_is_none)
{
    BOOST_TEST(!find_process_account("no-such-user", "").has_value());
    BOOST_TEST(!find_process_account("root", "no-such-group").has_value());
    BOOST_TEST(!find_process_account("3000000000", "").has_value());  // it has no group
}

BOOST_AUTO_TEST_CASE(accounts_that_are_remembered_are_the_same)
{
    remembered_accounts const outer;
    for (int time = 0; time < 2; ++time) {
        remembered_accounts const inner;
        BOOST_TEST(find_user("root").value() == 0U);
        BOOST_TEST(find_user("root").value() == 0U);
        BOOST_TEST(find_group("root").value() == 0U);
        BOOST_TEST(!find_user("no-such-user").has_value());
        BOOST_TEST(!find_user("no-such-user").has_value());
    }
    BOOST_TEST(find_user("root").value() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
