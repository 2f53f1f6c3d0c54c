// No name and no text of a monitor controls the terminal, wherever it is shown.
#include "hostile_monitor.hpp"
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/temporary_directory.hpp"
#include "terminal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell::test;

namespace {

/// Leaves the shell, so that all its output is complete.
/// @param keys what was typed: a line that Enter has not ended is given up first
void leave(terminal& shell, std::string_view keys, char const* prompt = "(QEMU)")
{
    if (!keys.empty() && !keys.ends_with('\r')) {
        shell.type(control_c);
        shell.expect("^C");  // only then has the shell dropped what was typed before it
    }
    shell.expect_line(prompt);
    shell.type(control_d);
    shell.wait();
}

/// The keys that are typed, and the readable part of the name or text that they bring up.
struct road
{
    std::string_view keys;
    std::string_view seen;
    bool has_lines = false;  ///< it is a text of QEMU that may have several lines
};

std::ostream& operator<<(std::ostream& out, road const& what)
{
    return out << what.keys;
}

std::vector<road> const roads = {
    {"", "package"},                                // the greeting
    {"help bad\r", "inner"},                        // arguments, values, variants, result
    {"help STRANGE\t\r", "event STRANGE"},          // an event, and a name that Tab has written
    {"bad\t\t", "badge"},                           // a list of commands
    {"bad mode=\t\t", "off"},                       // a list of words
    {"bad mod\t\t", "model"},                       // a list of arguments
    {"many\t\t", "many399"},                        // a list that is shown only at the second Tab
    {"device_del id=\t\t", "chi2]0;title"},         // a list that QEMU makes
    {"qom-get path=/ property=ch\t\t", "child]0"},  // the same for properties
    {":schema *\r", "STRANGE"},
    {":schema\r", "1 events"},  // the package itself has been in the greeting
    {"bad\r", "value"},
    {"fail\r", "it failed"},
    {"badd\r", "did you mean"},
    {"bad mode=onn\r", "one of on, off"},
    {"help badg\r", "perhaps badge"},
    {"job-pause id=childd\r", "not found"},
    {"events\r", "STRANGE"},
    {"events\r", "A job has begun: `:wait begun]0;title"},
    {":events STRANG\r", "did you mean STRANGE"},
    {":wait-event STRANG\r", "did you mean STRANGE"},
    {":hmp info x\r", "answer", true},
    {":wait job0\r", "why"},
    {":trace on\rbad\r", "value"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_names)

BOOST_DATA_TEST_CASE(at_a_prompt_a_name_is_read_and_not_obeyed, data::make(roads), each)
{
    hostile_monitor const monitor;
    coqmp::test::temporary_directory const home;
    terminal shell({monitor.address()}, home.path());
    shell.expect_line("(QEMU)");
    shell.type(each.keys);
    shell.expect(each.seen);
    leave(shell, each.keys);
    BOOST_TEST(mark_in(shell.written()) == "");
    BOOST_TEST((each.has_lines || !contains(shell.written(), "\n(QEMU) forged")), "a name has forged a line");
}

BOOST_AUTO_TEST_CASE(the_tools_for_objects_show_names_and_texts_that_are_not_obeyed)
{
    for (std::vector<std::string> const& words :
         {std::vector<std::string>{"qom-list", "/"}, {"qom-tree", "/"}, {"qom-get", "/.text"}, {"qom-set", "/.none", "1"}}) {
        hostile_monitor const monitor;
        coqmp::test::temporary_directory const home;
        std::vector<std::string> arguments{words.front(), "-s", monitor.address()};
        arguments.insert(arguments.end(), words.begin() + 1, words.end());
        terminal shell(arguments, home.path());
        shell.wait();
        BOOST_TEST(contains(shell.written(), "]0;title"), words.front());
        BOOST_TEST(mark_in(shell.written()) == "", words.front());
    }
}

BOOST_AUTO_TEST_CASE(the_human_monitor_completes_with_names_that_are_not_obeyed)
{
    hostile_monitor const monitor;
    coqmp::test::temporary_directory const home;
    terminal shell({"-H", monitor.address()}, home.path());
    shell.expect_line("(qemu)");
    shell.type("evil\t\t");
    shell.expect("evil2");
    leave(shell, "evil", "(qemu)");
    BOOST_TEST(mark_in(shell.written()) == "");
}

BOOST_AUTO_TEST_CASE(a_script_complains_with_names_that_are_not_obeyed)
{
    hostile_monitor const monitor;
    std::string const raw = with_hostile_marks(R"({"execute": "raw@"})") + '\n';
    outcome const came = run({monitor.address(), "-v", "--keep-going"},
                             "fail\nbadd\nbad mode=onn\n:wait \"job\x1b[41m\"\n:wait job0\nevents\n" + raw);
    BOOST_TEST(contains(came.errors, "it failed"));
    BOOST_TEST(contains(came.errors, "raw"));
    BOOST_TEST(contains(came.errors, "there is no job"));
    BOOST_TEST(mark_in(came.errors) == "");
}

BOOST_AUTO_TEST_CASE(a_word_of_the_command_line_is_quoted_without_what_would_be_obeyed)
{
    for (std::vector<std::string> const& words : {std::vector<std::string>{"/nowhere/\x1b[41mred"},
                                                  {"a:\x1b[41mred"},
                                                  {"/s", "--\x1b[41mred"},
                                                  {"/s", "\x1b[41mred"},
                                                  {"--wrap", "/nowhere/\x1b[41mred"},
                                                  {"-l", "/nowhere/\x1b[41mred", "/s"},
                                                  {"--listen", "/nowhere/\x1b[41mred"}}) {
        outcome const came = run(words);
        BOOST_TEST(contains(came.errors, "red"), words.back());
        BOOST_TEST(mark_in(came.errors) == "", came.errors);
    }
}

BOOST_AUTO_TEST_CASE(a_file_whose_name_would_be_obeyed_is_not_completed)
{
    hostile_monitor const monitor;
    coqmp::test::temporary_directory const home;
    std::ofstream(home.path() / "good1");
    std::ofstream(home.path() / "good2");
    std::ofstream(home.path() / "good\xe2\x80\x8b");
    std::ofstream(home.path() / "good\x1b[41m");
    terminal shell({monitor.address()}, home.path());
    shell.expect_line("(QEMU)");
    shell.type("--fd a=" + home.path().native() + "/go\t\t");
    shell.expect("good2");
    leave(shell, "--fd");
    BOOST_TEST(mark_in(shell.written()) == "");
}

BOOST_AUTO_TEST_CASE(the_history_is_shown_without_what_would_be_obeyed)
{
    hostile_monitor const monitor;
    coqmp::test::temporary_directory const home;
    std::ofstream(home.path() / ".qmp-shell_history") << "first\xe2\x80\x8b\x1b[41m\n";
    terminal shell({monitor.address()}, home.path());
    shell.expect_line("(QEMU)");
    shell.type(":history\r");
    shell.expect("first[41m");
    shell.type(arrow_up);
    shell.type(arrow_up);
    shell.expect_line("(QEMU) first[41m");
    leave(shell, "first");
    BOOST_TEST(mark_in(shell.written()) == "");
}

BOOST_AUTO_TEST_CASE(on_a_pipe_json_is_exactly_what_the_monitor_said)
{
    hostile_monitor const monitor;
    outcome const came = run({monitor.address(), "-c", "bad"});
    BOOST_TEST(json::parse(came.output) == json::parse(with_hostile_marks(R"({"value@": "text@"})")));
    hostile_monitor const another;
    outcome const text = run({"qom-get", "-s", another.address(), "/.text"});
    BOOST_TEST(text.output == std::string(json::parse(with_hostile_marks(R"("text@")")).as_string()) + '\n');
}

BOOST_AUTO_TEST_SUITE_END()
