// The parts of the shell that need neither a terminal nor a QEMU.
#include "commands/hmp.hpp"
#include "commands/job_log.hpp"
#include "commands/job_progress.hpp"
#include "commands/qom.hpp"
#include "options.hpp"
#include "qemu/device_lists.hpp"
#include "qemu/event_watch.hpp"
#include "qemu/file_names.hpp"
#include "script.hpp"
#include "support/temporary_directory.hpp"
#include "terminal/candidate_list.hpp"
#include "terminal/history.hpp"
#include "terminal/text.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

using namespace qmp_shell;

namespace {

options read(std::vector<char const*> words)
{
    auto const result = read_command_line(static_cast<int>(words.size()), words.data());
    BOOST_REQUIRE(std::holds_alternative<options>(result));
    return std::get<options>(result);
}

int refused(std::vector<char const*> words)
{
    auto const result = read_command_line(static_cast<int>(words.size()), words.data());
    BOOST_REQUIRE(std::holds_alternative<int>(result));
    return std::get<int>(result);
}

using words = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(command_lines)

BOOST_AUTO_TEST_CASE(the_old_shells_options_mean_what_they_meant)
{
    options const all = read({"qmp-shell", "-H", "-N", "-v", "-p", "-l", "log", "/run/vm.sock"});
    BOOST_TEST(all.hmp);
    BOOST_TEST(all.skip_negotiation);
    BOOST_TEST(all.verbose);
    BOOST_TEST(all.pretty);
    BOOST_TEST(all.logfile == "log");
    BOOST_TEST(all.address == "/run/vm.sock");
    options const together = read({"qmp-shell", "-Hvp", "localhost:4444", "--logfile=log"});
    BOOST_TEST(together.pretty);
    BOOST_TEST(together.logfile == "log");
    BOOST_TEST(together.address == "localhost:4444");
}

BOOST_AUTO_TEST_CASE(what_follows_the_wrapped_program_belongs_to_it)
{
    options const wrapped = read({"qmp-shell", "-v", "--wrap", "-l", "log", "qemu", "-v", "--help", "-c", "x"});
    BOOST_TEST(wrapped.verbose);
    BOOST_TEST(wrapped.logfile == "log");
    BOOST_TEST(wrapped.commands.empty());
    BOOST_TEST(wrapped.program == words({"qemu", "-v", "--help", "-c", "x"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(dashes_divide_the_shells_options_from_the_program)
{
    options const wrapped = read({"qmp-shell", "--wrap", "--", "qemu", "--", "-x"});
    BOOST_TEST(wrapped.program == words({"qemu", "--", "-x"}), boost::test_tools::per_element());
    options const by_name = read({"/usr/bin/qmp-shell-wrap", "-p", "--", "qemu"});
    BOOST_TEST(by_name.pretty);
    BOOST_TEST((by_name.way == way_in::wrap));
    BOOST_TEST(by_name.program == words({"qemu"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_command_may_look_like_an_option)
{
    options const read_one = read({"qmp-shell", "-c", "--oob query-yank", "-c", "query-status", "/sock"});
    BOOST_TEST(read_one.commands == words({"--oob query-yank", "query-status"}), boost::test_tools::per_element());
    options const attached = read({"qmp-shell", "--wrap", "-l/tmp/c", "-vpc", "x", "qemu"});
    BOOST_TEST(attached.logfile == "/tmp/c");
    BOOST_TEST(attached.program == words({"qemu"}), boost::test_tools::per_element());
    options const wrapped = read({"qmp-shell", "--wrap", "-c", "--wrap", "qemu"});
    BOOST_TEST(wrapped.commands == words({"--wrap"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_program_to_wrap_is_qemu_if_none_is_named)
{
    BOOST_TEST(read({"qmp-shell-wrap"}).program == words({"qemu-system-x86_64"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tools_have_words_of_their_own)
{
    options const get = read({"qmp-shell", "qom-get", "-s", "/sock", "/machine.type"});
    BOOST_TEST((get.tool == tool::get));
    BOOST_TEST(get.address == "/sock");
    BOOST_TEST(get.tool_arguments == words({"/machine.type"}), boost::test_tools::per_element());
    options const set = read({"qmp-shell", "qom-set", "--socket", "/sock", "/objects/x.size", "-5"});
    BOOST_TEST(set.tool_arguments == words({"/objects/x.size", "-5"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tools_take_an_address_as_everything_else_does)
{
    auto const is = [](options const& read, std::string const& address, words const& expected) {
        return read.address == address && read.tool_arguments == expected;
    };
    ::unsetenv("QMP_SOCKET");
    BOOST_TEST(is(read({"qmp-shell", "/sock", "qom-get", "/machine.type"}), "/sock", {"/machine.type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/sock", "/machine.type"}), "/sock", {"/machine.type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/sock", "/machine", "type"}), "/sock", {"/machine", "type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/machine", "type", "-s", "/sock"}), "/sock", {"/machine", "type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-list", "/sock"}), "/sock", {}));
    BOOST_TEST(is(read({"qmp-shell", "qom-tree", "/sock", "/objects"}), "/sock", {"/objects"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/sock", "/a.b", "-5"}), "/sock", {"/a.b", "-5"}));
    ::setenv("QMP_SOCKET", "/usual", 1);
    BOOST_TEST(is(read({"qmp-shell", "qom-list"}), "/usual", {}));
    BOOST_TEST(is(read({"qmp-shell", "qom-list", "/machine"}), "/usual", {"/machine"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-list", "/sock", "/machine"}), "/sock", {"/machine"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/machine", "type"}), "/usual", {"/machine", "type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-get", "/sock", "/machine.type"}), "/sock", {"/machine.type"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/a.b", "/c"}), "/usual", {"/a.b", "/c"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/sock", "/a.b", "/c"}), "/sock", {"/a.b", "/c"}));
    BOOST_TEST(is(read({"qmp-shell", "qom-set", "/a", "b", "c"}), "/usual", {"/a", "b", "c"}));
    BOOST_TEST(read({"qmp-shell"}).address == "/usual");
    BOOST_TEST(read({"qmp-shell", "/sock"}).address == "/sock");
    ::unsetenv("QMP_SOCKET");
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused)
{
    ::unsetenv("QMP_SOCKET");
    BOOST_TEST(refused({"qmp-shell"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--no-such-option"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--timeout", "soon", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--timeout", "nan", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--timeout", "-nan", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "--listen", "/sock", "--wrap", "qemu"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "/sock", "--listen", "/other"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "qom-get", "-s", "/sock"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "qom-list", "-s", "/sock", "/a", "/b"}) == 2);
    BOOST_TEST(refused({"qmp-shell", "/sock", "--wrap", "qemu"}) == 2);
    for (char const* const address : {"::", "host:no-port", "tcp:x", "fd:x", "unix:"})
        BOOST_TEST(refused({"qmp-shell", address}) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(what_steers_a_terminal_is_taken_out)
{
    BOOST_TEST(harmless("a\x1B[31mb\r\n\tc\x07\x7F") == "a[31mb\n\tc");
    BOOST_TEST(harmless("\xC2\x9B"
                        "31m") == "31m");  // a control character of its own, in UTF-8
    BOOST_TEST(harmless("x\x9B"
                        "31m") ==
               "x\xEF\xBF\xBD"
               "31m");
    BOOST_TEST(harmless("\xE2\x80\xAE"
                        "abc") == "abc");  // would be shown backwards
    BOOST_TEST(harmless("gr\xC3\xBC\xC3\x9F"
                        "e \xE2\x82\xAC \xF0\x9F\x98\x80") ==
               "gr\xC3\xBC\xC3\x9F"
               "e \xE2\x82\xAC \xF0\x9F\x98\x80");
    BOOST_TEST(harmless("\xC3") == "\xEF\xBF\xBD");
    BOOST_TEST(harmless("\xED\xA0\x80").find('\xED') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_lines_become_one)
{
    BOOST_TEST(in_one_line(" a\r\n\tb\x1B[1mc\n") == "a  b[1mc");
    BOOST_TEST(in_one_line("\n").empty());
}

BOOST_AUTO_TEST_CASE(words_and_lines_are_found)
{
    BOOST_TEST(words_of("  a\tbc  ") == words({"a", "bc"}), boost::test_tools::per_element());
    BOOST_TEST(words_of(" ").empty());
    BOOST_TEST(lines_of("a\n\nb").size() == 3U);
    BOOST_TEST(lines_of("a\n").size() == 1U);
    BOOST_TEST(trimmed(" a b \r\n") == "a b");
}

BOOST_AUTO_TEST_CASE(columns_are_not_bytes)
{
    BOOST_TEST(columns_of("abc") == 3U);
    BOOST_TEST(columns_of("a\x01") == 3U);
}

BOOST_AUTO_TEST_CASE(of_a_long_line_what_stands_around_a_column_is_shown)
{
    excerpt const whole = excerpt_at("stop\ta", 5);
    BOOST_TEST(whole.text == "stop a");
    BOOST_TEST(whole.caret == 5U);
    std::string const half(100'000, 'x');
    excerpt const cut = excerpt_at(half + '!' + half, half.size());
    BOOST_TEST(cut.text == "..." + half.substr(0, 120) + '!' + half.substr(0, 79) + "...");
    BOOST_TEST(cut.text[cut.caret] == '!');
    std::string umlauts;
    for (int count = 0; count < 1000; ++count)
        umlauts += "\xC3\xBC";
    excerpt const of_characters = excerpt_at(umlauts, 1000);
    BOOST_TEST(of_characters.text.size() <= 3U + 240U + 160U + 3U);
    BOOST_TEST((of_characters.text.find("\xEF\xBF\xBD") == std::string::npos));  // none is cut into halves
    BOOST_TEST(excerpt_at(std::string(100'000, '\x80'), 50'000).text.size() < 2000U);
    excerpt const behind = excerpt_at("a", 7);
    BOOST_TEST(behind.caret == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(choices_of_events)

BOOST_AUTO_TEST_CASE(patterns_choose)
{
    BOOST_TEST(event_choice().accepts("STOP"));
    event_choice const jobs({"JOB_*", "!JOB_STATUS*", "stop"});
    BOOST_TEST(jobs.accepts("JOB_X"));
    BOOST_TEST(!jobs.accepts("JOB_STATUS_CHANGE"));
    BOOST_TEST(jobs.accepts("STOP"));
    BOOST_TEST(!jobs.accepts("RESUME"));
    event_choice const no_clock({"!RTC_CHANGE"});
    BOOST_TEST(no_clock.accepts("STOP"));
    BOOST_TEST(!no_clock.accepts("RTC_CHANGE"));
    BOOST_TEST(jobs.describe() == "JOB_* !JOB_STATUS* stop");
    BOOST_TEST(event_choice().describe() == "all");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lists_of_candidates)

BOOST_AUTO_TEST_CASE(what_all_have_in_common_is_found)
{
    BOOST_TEST(common_beginning({{"query-block", "", true}, {"query-blockstats", "", true}}) == "query-block");
    BOOST_TEST(common_beginning({{"a", "", true}, {"b", "", true}}) == "");
    BOOST_TEST(common_beginning({}) == "");
}

BOOST_AUTO_TEST_CASE(few_are_shown_with_descriptions_and_many_in_columns)
{
    std::vector<candidate> const few{{"driver=", "string", false}, {"id=", "string, optional", false}};
    BOOST_TEST(listing(few, "", 80, 24) == "driver=  string\nid=      string, optional\n");
    std::vector<candidate> many;
    for (int index = 10; index < 40; ++index)
        many.push_back({"c" + std::to_string(index), "", true});
    BOOST_TEST(listing(many, "", 80, 24).starts_with("c10  c12  c14"));
    BOOST_TEST(listing(many, "", 80, 3) == "");  // too many
    BOOST_TEST(whole_listing(many, "", 80) == listing(many, "", 80, 24));
}

BOOST_AUTO_TEST_CASE(of_paths_only_the_last_part_is_shown)
{
    BOOST_TEST(listing({{"/machine/a", "", false}, {"/machine/b", "", false}}, "/machine/", 80, 24) == "a  b\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(how_a_job_ended_is_unknown_when_events_were_lost_before_its_end)
{
    job_record record;
    record.enter("created");
    record.told = true;
    record.enter("running");
    BOOST_TEST(record.is_outcome_known());
    record.missed = true;
    record.enter("concluded");
    BOOST_TEST(!record.is_outcome_known());
}

BOOST_AUTO_TEST_CASE(a_bar_fills)
{
    BOOST_TEST(progress_bar("j", "running", 0, 0, 80).starts_with("j [...."));
    BOOST_TEST(progress_bar("j", "running", 1, 2, 80).find("]  50 % running") != std::string::npos);
    BOOST_TEST(progress_bar("j", "running", 3, 2, 80).find("] 100 % running") != std::string::npos);
    BOOST_TEST(progress_bar("j", "running", 1, 2, 30).size() < 30U);
    BOOST_TEST(progress_bar("j", "running", 1, 2, 5).find("50 %") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(human_texts)

BOOST_AUTO_TEST_CASE(commands_are_found_in_the_text_of_help)
{
    auto const found = listed_in("quit|q  -- quit the emulator\ninfo [subcommand] -- show\nno command here\n", "");
    BOOST_REQUIRE(found.size() == 3U);
    BOOST_TEST(found[0].text == "info");
    BOOST_TEST(found[1].text == "q");
    BOOST_TEST(found[2].description == "quit the emulator");
    auto const lines = listed_in("drive_add [-n] [<bus>:]<slot>\n[file=file][,if=type]\n[,cache=on|off] -- add drive\n", "");
    BOOST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0].text == "drive_add");
    BOOST_TEST(lines[0].description == "add drive");
    auto const subjects = listed_in("info block  -- show blocks\ninfo cpus  -- show CPUs\n", "info ");
    BOOST_REQUIRE(subjects.size() == 2U);
    BOOST_TEST(subjects[0].text == "block");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lists_of_devices)

BOOST_AUTO_TEST_CASE(buses_have_their_types)
{
    auto const found = buses_in(
        "bus: main-system-bus\n  type System\n  dev: q35-pcihost, id \"\"\n    bus: pcie.0\r\n"
        "      type PCIE\n      dev: x, id \"bus: y\"\n        type = 5\n    bus: odd\nbus: last");
    BOOST_TEST_REQUIRE(found.size() == 4U);
    BOOST_TEST(found[0].name == "main-system-bus");
    BOOST_TEST(found[0].type == "System");
    BOOST_TEST(found[1].name == "pcie.0");
    BOOST_TEST(found[1].type == "PCIE");
    BOOST_TEST(found[2].name == "odd");
    BOOST_TEST(found[2].type == "");
    BOOST_TEST(found[3].name == "last");
    BOOST_TEST(buses_in("Error: no").empty());
}

BOOST_AUTO_TEST_CASE(drivers_have_their_buses_and_only_what_users_may_add_is_listed)
{
    auto const found = drivers_in(
        "Storage devices:\nname \"scsi-hd\", bus SCSI, desc \"virtual SCSI disk\"\nname \"mch\", bus PCI, no-user\n"
        "name \"loader\", desc \"Generic Loader\"\r\nname \"x\"\nname \"");
    BOOST_TEST_REQUIRE(found.size() == 4U);
    BOOST_TEST(found[0].name == "scsi-hd");
    BOOST_TEST(found[0].bus == "SCSI");
    BOOST_TEST(found[0].purpose == "virtual SCSI disk");
    BOOST_TEST(found[1].name == "loader");
    BOOST_TEST(found[1].bus == "");
    BOOST_TEST(found[1].purpose == "Generic Loader");
    BOOST_TEST(found[2].name == "x");
}

BOOST_AUTO_TEST_CASE(files_are_listed_and_hidden_ones_only_when_begun)
{
    coqmp::test::temporary_directory const directory;
    std::string const path = directory.path().native() + '/';
    std::filesystem::create_directory(path + "images");
    std::ofstream(path + "image.raw") << "";
    std::ofstream(path + ".hidden") << "";
    std::ofstream(path + "image\x1B[2J") << "";  // must not be shown
    auto const texts = [](std::vector<candidate> const& found) {
        std::vector<std::string> result;
        for (candidate const& each : found)
            result.push_back(each.text + (each.final ? "" : "-"));
        std::sort(result.begin(), result.end());
        return result;
    };
    BOOST_TEST(texts(file_names(path + "im")) == (words{path + "image.raw", path + "images/-"}),
               boost::test_tools::per_element());
    BOOST_TEST(texts(file_names(path)) == (words{path + "image.raw", path + "images/-"}), boost::test_tools::per_element());
    BOOST_TEST(texts(file_names(path + ".h")) == words{path + ".hidden"}, boost::test_tools::per_element());
    BOOST_TEST(file_names(path + "nowhere/").empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(property_values)

BOOST_AUTO_TEST_CASE(a_text_becomes_what_the_property_is)
{
    BOOST_TEST((value_of_property("bool", "on") == boost::json::value(true)));
    BOOST_TEST((value_of_property("bool", "False") == boost::json::value(false)));
    BOOST_TEST(!value_of_property("bool", "perhaps").has_value());
    BOOST_TEST((value_of_property("uint32", "7") == boost::json::value(7)));
    BOOST_TEST((value_of_property("int", "-7") == boost::json::value(-7)));
    BOOST_TEST(!value_of_property("size", "many").has_value());
    BOOST_TEST((value_of_property("size", "1.5K") == boost::json::value(1536)));
    BOOST_TEST((value_of_property("uint64", "0x10") == boost::json::value(16)));
    BOOST_TEST((value_of_property("string", "7") == boost::json::value("7")));
    BOOST_TEST((value_of_property("link<x>", "/a/b") == boost::json::value("/a/b")));
    BOOST_TEST((value_of_property("OnOffAuto", "auto") == boost::json::value("auto")));
    BOOST_TEST(value_of_property("struct tm", "{\"a\": 1}")->is_object());
}

BOOST_AUTO_TEST_SUITE_END()

struct history_file
{
    coqmp::test::temporary_directory directory;
    std::string const file = directory.path() / "history";

    [[nodiscard]] std::string text() const { return test::content(file); }
};

BOOST_FIXTURE_TEST_SUITE(history_files, history_file)

BOOST_AUTO_TEST_CASE(lines_are_appended_as_they_are_added)
{
    history past(file);
    BOOST_TEST(past.add("query-status"));
    BOOST_TEST(!past.add("query-status"));
    BOOST_TEST(!past.add(" object-add secret"));
    BOOST_TEST(!past.add(""));
    BOOST_TEST(past.add("cont"));
    BOOST_TEST(text() == "query-status\ncont\n");
    BOOST_TEST(history(file).lines() == words({"query-status", "cont"}), boost::test_tools::per_element());
    struct ::stat about{};
    BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(two_shells_share_a_file)
{
    history first(file);
    history second(file);
    first.add("one");
    second.add("two");
    BOOST_TEST(text() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(of_a_huge_file_only_the_end_is_kept)
{
    {
        std::ofstream huge(file);
        for (int line = 0; line < 300'000; ++line)
            huge << "query-status " << line << '\n';
    }
    history const past(file);
    BOOST_TEST(past.lines().size() == history::most_lines);
    BOOST_TEST(past.lines().back() == "query-status 299999");
    BOOST_TEST(std::filesystem::file_size(file) < 100'000U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_left_alone)
{
    std::filesystem::create_directory(file);
    history past(file);
    BOOST_TEST(past.lines().empty());
    BOOST_TEST(past.add("cont"));
    BOOST_TEST(std::filesystem::is_directory(file));
    history nowhere("/nonexistent/history");
    BOOST_TEST(nowhere.add("cont"));
}

BOOST_AUTO_TEST_CASE(a_fifo_does_not_block)
{
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    history past(file);
    BOOST_TEST(past.add("cont"));
}

BOOST_AUTO_TEST_CASE(a_file_full_of_noise_is_made_harmless)
{
    std::ofstream(file) << "a\x1B[2Jb\n\xFF\xFE\n\n";
    history const past(file);
    BOOST_TEST(past.lines().size() == 2U);
    BOOST_TEST(past.lines()[0] == "a[2Jb");
}

BOOST_AUTO_TEST_SUITE_END()
