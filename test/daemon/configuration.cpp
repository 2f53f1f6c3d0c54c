// Configuration files: what is read, and what is said about each mistake.
#include "daemon/configuration/configuration.hpp"
#include "daemon/configuration/value_readers.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace coqmp_daemon;

namespace {

struct listen_settings
{
    std::string address;
    ::mode_t mode = 0600;
    located<std::string> policy{"read-only", {}};
};

struct policy_settings
{
    std::vector<std::string> allow;
};

struct log_settings
{
    std::string file;
    std::optional<int> lines;
};

struct settings
{
    std::string upstream;
    bool hold = false;
    std::optional<log_settings> log;
    std::vector<listen_settings> listen;
    std::map<std::string, located<policy_settings>> policy;
};

table_schema<settings> schema()
{
    table_schema<listen_settings> listen;
    listen.required("address", &listen_settings::address, text())
        .optional("mode", &listen_settings::mode, file_mode())
        .optional("policy", &listen_settings::policy, text());
    table_schema<policy_settings> policy;
    policy.required("allow", &policy_settings::allow, text_list());
    table_schema<log_settings> log;
    log.required("file", &log_settings::file, text()).optional("lines", &log_settings::lines, integer(1, 100));
    table_schema<settings> result;
    result.required("upstream", &settings::upstream, text())
        .optional("hold", &settings::hold, boolean())
        .table("log", &settings::log, log)
        .tables("listen", &settings::listen, listen)
        .named_tables("policy", &settings::policy, policy);
    return result;
}

void find_undefined_policies(settings const& read, problem_list& problems)
{
    for (listen_settings const& each : read.listen)
        if (!read.policy.contains(each.policy.value))
            problems.add(each.policy.position, "there is no policy \"" + each.policy.value + '"');
}

settings parse(std::string const& text)
{
    return parse_configuration<settings>(text, "f.toml", schema());
}

/// What is said about a file.
std::string refusal(std::string const& text)
{
    try {
        (void)parse_configuration<settings>(text, "f.toml", schema(), find_undefined_policies);
        return "accepted";
    } catch (configuration_error const& error) {
        return error.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(configurations, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_program_finds_every_setting_in_its_own_structures)
{
    settings const read = parse(R"(
upstream = "/run/vm.sock"  # a comment
hold = true
[log]
file = "audit"
[[listen]]
address = "/run/a"
mode = "0660"
policy = "backup"
[[listen]]
address = "/run/b"
[policy.backup]
allow = ["query-*", 'blockdev-backup']
)");
    BOOST_TEST(read.upstream == "/run/vm.sock");
    BOOST_TEST(read.hold);
    BOOST_REQUIRE(read.log);
    BOOST_TEST(read.log->file == "audit");
    BOOST_TEST(!read.log->lines);
    BOOST_REQUIRE(read.listen.size() == 2U);
    BOOST_TEST(read.listen[0].address == "/run/a");
    BOOST_TEST(read.listen[0].mode == 0660U);
    BOOST_TEST(read.listen[0].policy.value == "backup");
    BOOST_TEST((read.listen[0].policy.position == file_position{9, 10}));
    BOOST_TEST(read.listen[1].address == "/run/b");
    BOOST_REQUIRE(read.policy.contains("backup"));
    std::vector<std::string> const allowed{"query-*", "blockdev-backup"};
    BOOST_TEST(read.policy.at("backup").value.allow == allowed, boost::test_tools::per_element());
    BOOST_TEST((read.policy.at("backup").position == file_position{12, 9}));
}

BOOST_AUTO_TEST_CASE(an_absent_key_keeps_its_default)
{
    settings const read = parse("upstream = 'a'\n[[listen]]\naddress = 'b'");
    BOOST_TEST(!read.hold);
    BOOST_TEST(!read.log);
    BOOST_TEST(read.listen.at(0).mode == 0600U);
    BOOST_TEST(read.listen.at(0).policy.value == "read-only");
}

BOOST_AUTO_TEST_CASE(each_mistake_is_described_with_its_place)
{
    struct mistake
    {
        std::string text;
        std::string message;
    };
    std::vector<mistake> const mistakes{
        {"", R"(f.toml:1:1: the file needs the key "upstream")"},
        {"upstream = 5", "f.toml:1:12: upstream: expected a string in quotes that is not empty, found the integer 5"},
        {"upstream = 'a'\nupstraem = 'b'", R"(f.toml:2:1: unknown key "upstraem": did you mean upstream?)"},
        {"upstream = 'a'\nzebra = 1", R"(f.toml:2:1: unknown key "zebra"; the keys are upstream, hold, log, listen and policy)"},
        {"upstream = 'a'\n[policy.x]\nallow = []\nzebra = 1",
         R"(f.toml:4:1: unknown key "zebra" in the table "policy.x"; the only key is allow)"},
        {"upstream = 'a'\n[lisen]\n", R"(f.toml:2:2: unknown key "lisen": did you mean listen?)"},
        {"upstream = 'a'\n[[listen]]\nadress = 'b'\n",
         "f.toml:2:1: the table \"listen\" needs the key \"address\"\n"
         "f.toml:3:1: unknown key \"adress\" in the table \"listen\": did you mean address?"},
        {"upstream = 'a'\n[log]\nlines = 5", R"(f.toml:2:2: the table "log" needs the key "file")"},
        {"upstream = 'a'\n[policy.x]\n", R"(f.toml:2:9: the table "policy.x" needs the key "allow")"},
        {"upstream = 'a'\n[log]\nfile = 'b'\nlines = 101",
         "f.toml:4:9: log.lines: expected an integer from 1 to 100, found the integer 101"},
        {"upstream = 'a'\nlog = 'b'", R"(f.toml:2:7: log: expected a table, found the string "b")"},
        {"upstream = 'a'\n[listen]\naddress = 'b'", "f.toml:2:1: listen: expected a list of tables, [[listen]], found a table"},
        {"upstream = 'a'\nlisten = [1]", "f.toml:2:11: listen: expected a table, found the integer 1"},
        {"upstream = 'a'\npolicy = true", "f.toml:2:10: policy: expected tables with names, [policy.NAME], found true"},
        {"upstream = 'a'\npolicy.x = 1.5", "f.toml:2:12: policy.x: expected a table, found the number 1.5"},
        {"upstream = 'a'\n[policy.x]\nallow = 'b'",
         R"(f.toml:3:9: policy.x.allow: expected a list of strings, found the string "b")"},
        {"upstream = 'a'\n[[listen]]\naddress = 'b'\npolicy = 'c'", R"(f.toml:4:10: there is no policy "c")"},
    };
    for (mistake const& each : mistakes)
        BOOST_TEST(refusal(each.text) == each.message);
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_a_file_are_reported_in_its_order)
{
    BOOST_TEST(refusal(R"([[listen]]
mode = 660
[[listen]]
address = 1979-05-27
[log]
lines = []
hold = true
)") == "f.toml:1:1: the file needs the key \"upstream\"\n"
       "f.toml:1:1: the table \"listen\" needs the key \"address\"\n"
       "f.toml:2:8: listen.mode: expected permissions in octal digits and in quotes, such as \"0660\", found the integer 660\n"
       "f.toml:4:11: listen.address: expected a string in quotes that is not empty, found a date or time\n"
       "f.toml:5:2: the table \"log\" needs the key \"file\"\n"
       "f.toml:6:9: log.lines: expected an integer from 1 to 100, found a list\n"
       "f.toml:7:1: unknown key \"hold\" in the table \"log\"; the keys are file and lines");
}

BOOST_AUTO_TEST_CASE(mistakes_in_tables_that_are_not_together_are_reported_in_the_order_of_the_file)
{
    BOOST_TEST(refusal("upstream = 'a'\n[policy.x]\nallow = 1\n[log]\nfile = 2\n[policy.y]\nallow = 3") ==
               "f.toml:3:9: policy.x.allow: expected a list of strings, found the integer 1\n"
               "f.toml:5:8: log.file: expected a string in quotes that is not empty, found the integer 2\n"
               "f.toml:7:9: policy.y.allow: expected a list of strings, found the integer 3");
}

BOOST_AUTO_TEST_CASE(a_syntax_error_is_described_with_its_place)
{
    BOOST_TEST(refusal("upstream = 'a'\nhold = maybe\n").starts_with("f.toml:2:8: "));
    BOOST_TEST(refusal("upstream = 'a'\nhold true\n").starts_with("f.toml:2:6: "));
    BOOST_TEST(refusal("upstream = 'a'\nupstream = 'b'\n").starts_with("f.toml:2:"));
    BOOST_TEST(refusal("upstream = '\xff'").starts_with("f.toml:1:"));
    std::string const deep = "upstream = " + std::string(100'000, '[');
    BOOST_TEST(refusal(deep).starts_with("f.toml:1:"));
}

BOOST_AUTO_TEST_CASE(a_message_quotes_nothing_that_controls_a_terminal)
{
    BOOST_TEST(refusal("upstream = 'a'\n\"\\u001B[31m\" = 1") ==
               R"(f.toml:2:1: unknown key "\x1b[31m"; the keys are upstream, hold, log, listen and policy)");
    BOOST_TEST(refusal("upstream = 'a'\nhold = \"\\u202E\\n\"") ==
               R"(f.toml:2:8: hold: expected true or false, without quotes, found the string "\u202e\n")");
    BOOST_TEST(refusal("upstream = 'a'\n[[listen]]\naddress = 'b'\npolicy = \"\\u001B[2J\"") ==
               R"(f.toml:4:10: there is no policy "\x1b[2J")");
    std::string const key(1000, 'k');
    BOOST_TEST(refusal("upstream = 'a'\n" + key + " = 1").size() < 200U);
    BOOST_TEST(refusal("upstream = 'a'\nhold = '" + key + '\'').size() < 200U);
}

BOOST_AUTO_TEST_CASE(a_name_of_a_table_may_contain_anything)
{
    BOOST_TEST(refusal("upstream = 'a'\n[policy.\"a\\nb\"]\nallow = 1") ==
               R"(f.toml:3:9: policy.a\nb.allow: expected a list of strings, found the integer 1)");
}

BOOST_AUTO_TEST_CASE(an_error_lists_its_problems_one_by_one)
{
    try {
        (void)parse("hold = 1");
        BOOST_ERROR("it was accepted");
    } catch (configuration_error const& error) {
        std::vector<std::string> const expected{R"(f.toml:1:1: the file needs the key "upstream")",
                                                "f.toml:1:8: hold: expected true or false, without quotes, found the integer 1"};
        BOOST_TEST(error.problems() == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
