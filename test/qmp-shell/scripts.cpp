// Scripts: commands from the command line and from standard input, against a real QEMU; what they print and how they end.
#include "qemu_fixture.hpp"
#include "script.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

namespace json = boost::json;
using namespace qmp_shell::test;

namespace {

std::size_t lines_in(std::string const& text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(script_commands, qemu_fixture)

BOOST_AUTO_TEST_CASE(a_command_from_the_command_line_is_answered_in_one_line_of_json)
{
    outcome const came = ask({"-c", "query-status"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    BOOST_TEST(lines_in(came.output) == 1U);
    BOOST_TEST(json::parse(came.output).at("status").as_string() == "prelaunch");
}

BOOST_AUTO_TEST_CASE(commands_are_executed_in_order)
{
    outcome const came = ask({"-c", "query-name", "-c", "cont", "-c", "query-status"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(lines_in(came.output) == 3U);
    BOOST_TEST(contains(came.output, "\"running\": true"));
}

BOOST_AUTO_TEST_CASE(commands_come_from_standard_input)
{
    outcome const came = ask({}, "# a comment\n\nquery-status\nquery-name\n");
    BOOST_TEST(came.status == 0);
    BOOST_TEST(lines_in(came.output) == 2U);
    BOOST_TEST(came.errors == "");
}

BOOST_AUTO_TEST_CASE(the_last_line_needs_no_end)
{
    outcome const came = ask({}, "query-status");
    BOOST_TEST(came.status == 0);
    BOOST_TEST(lines_in(came.output) == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_no_error)
{
    outcome const came = ask({});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.output == "");
}

BOOST_AUTO_TEST_CASE(pretty_answers_have_many_lines)
{
    outcome const came = ask({"-p", "-c", "query-status"});
    BOOST_TEST(lines_in(came.output) > 3U);
    BOOST_TEST(json::parse(came.output).is_object());
}

BOOST_AUTO_TEST_CASE(verbose_shows_what_is_sent_and_keeps_the_output_clean)
{
    outcome const came = ask({"-v", "-c", "query-status"});
    BOOST_TEST(contains(came.errors, "{\"execute\": \"query-status\"}"));
    BOOST_TEST(json::parse(came.output).is_object());
}

BOOST_AUTO_TEST_CASE(a_raw_line_with_an_id_is_answered_with_it)
{
    outcome const came = ask({"-c", R"({"execute": "query-status", "id": [7, "x"]})"});
    json::value const reply = json::parse(came.output);
    BOOST_TEST(reply.at("id") == json::parse(R"([7, "x"])"));
    BOOST_TEST(reply.at("return").is_object());
}

BOOST_AUTO_TEST_CASE(an_out_of_band_command_is_sent_as_one)
{
    outcome const came = ask({"-v", "-c", "--oob query-yank"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.errors, "exec-oob"));
    BOOST_TEST(ask({"-c", "query-yank --oob"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_command_may_take_many_lines)
{
    outcome const raw = ask({}, "{\"execute\":\n\"query-status\"}\n");
    BOOST_TEST(raw.status == 0);
    BOOST_TEST(lines_in(raw.output) == 1U);
    outcome const typed =
        ask({}, "blockdev-add driver=raw node-name=top file={\n'driver': 'null-co',\n'size': 4096}\nquery-status\n");
    BOOST_TEST(typed.errors == "");
    BOOST_TEST(lines_in(typed.output) == 2U);
    outcome const together = ask({}, "transaction(\nblock-dirty-bitmap-add node=top name=b0\n)\n");
    BOOST_TEST(together.status == 0);
    BOOST_TEST(together.output == "{}\n");
}

BOOST_AUTO_TEST_CASE(an_open_brace_at_the_end_is_an_error)
{
    outcome const came = ask({}, "{\"execute\":\n");
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "qmp-shell: line 1: "));
    outcome const swallowed =
        ask({"--keep-going", "-c", "nonsense", "-c", "transaction(", "-c", "query-status", "-c", "query-name"});
    BOOST_TEST(swallowed.status == 1);
    BOOST_TEST(contains(swallowed.errors, "qmp-shell: command 2: "));
}

BOOST_AUTO_TEST_CASE(a_transaction_with_a_wrong_line_is_not_executed)
{
    outcome const came = ask({"--keep-going", "-c", "blockdev-add driver=null-co node-name=top size=4096", "-c", "transaction(",
                              "-c", "block-dirty-bitmap-add node=top name=good", "-c", "block-dirty-bitmap-ad node=top name=bad",
                              "-c", ")", "-c", "transaction(", "-c", "block-dirty-bitmap-add node=top name=good", "-c", ")"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "qmp-shell: command 5: transaction: "));
    BOOST_TEST(came.output == "{}\n{}\n");  // and so the bitmap was not there before
}

BOOST_AUTO_TEST_CASE(quit_ends_qemu_and_succeeds)
{
    outcome const came = ask({"-c", "quit"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    BOOST_TEST(qemu.wait() == 0);
}

BOOST_AUTO_TEST_CASE(commands_after_quit_are_reported)
{
    outcome const came = ask({"-c", "quit", "-c", "# done", "-c", "query-status", "-c", "query-name"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors == "qmp-shell: command 3: not executed: query-status: QEMU has gone\n");
}

BOOST_AUTO_TEST_CASE(input_after_quit_is_reported)
{
    outcome const came = ask({}, "quit\n\nquery-status\n");
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors == "qmp-shell: line 3: not executed: query-status: QEMU has gone\n");
}

BOOST_AUTO_TEST_CASE(leaving_after_quit_is_no_error)
{
    outcome const came = ask({}, "quit\n# that was all\nexit\n");
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
}

BOOST_AUTO_TEST_CASE(answers_that_cannot_be_written_are_reported)
{
    auto const shell = [this](std::string const& redirected) {
        script through({"-c", "exec \"$0\" \"$1\" -c query-status " + redirected, QMP_SHELL_PROGRAM, address}, {}, "/bin/sh");
        return through.finish();
    };
    outcome const full = shell(">/dev/full");
    BOOST_TEST(full.status == 3);
    BOOST_TEST(full.errors == "qmp-shell: cannot write to standard output: No space left on device\n");
    outcome const closed = shell(">&-");
    BOOST_TEST(closed.status == 3);
    BOOST_TEST(closed.errors == "qmp-shell: cannot write to standard output: Bad file descriptor\n");
}

BOOST_AUTO_TEST_CASE(a_file_travels_with_its_command)
{
    outcome const came = ask({"-c", "--fd null=/dev/null getfd", "-c", "closefd fdname=null"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
}

BOOST_AUTO_TEST_CASE(a_file_goes_before_a_command_that_takes_it_by_name)
{
    outcome const came = ask({"-v", "--keep-going", "-c", "--fd tap9=/dev/null netdev_add type=tap id=n0 fd=tap9"});
    // QEMU has found the descriptor: its error is that /dev/null is not a tap.
    BOOST_TEST(contains(came.errors, "\"getfd\""));
    BOOST_TEST(!contains(came.errors, "No file descriptor named"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_an_error)
{
    outcome const came = ask({"-c", "--fd x=/nonexistent getfd"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "/nonexistent"));
}

BOOST_AUTO_TEST_CASE(events_are_shown_in_a_script_when_asked_for)
{
    outcome const came = ask({"-c", ":events RES*", "-c", "cont", "-c", "stop"});
    BOOST_TEST(contains(came.errors, "RESUME"));
    BOOST_TEST(!contains(came.errors, "STOP"));
    BOOST_TEST(lines_in(came.output) == 2U);
}

BOOST_AUTO_TEST_CASE(a_pattern_that_no_event_matches_is_refused)
{
    outcome const came = ask({"--keep-going", "-c", ":events RES*", "-c", ":events STOP NOPE", "-c", ":events"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.errors == "qmp-shell: command 2: no event matches NOPE\n");
    BOOST_TEST(came.output == "events shown: RES*\n");
}

BOOST_AUTO_TEST_CASE(a_trace_shows_what_travels)
{
    outcome const came = ask({"-c", ":trace on", "-c", "query-name", "-c", ":trace off", "-c", "query-status"});
    BOOST_TEST(contains(came.errors, "-> {\"execute\":\"query-name\""));
    BOOST_TEST(contains(came.errors, "<- {"));
    BOOST_TEST(!contains(came.errors, "query-status"));
}

BOOST_AUTO_TEST_CASE(help_describes_a_command)
{
    outcome const came = ask({"-c", "help blockdev-del"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "node-name"));
    BOOST_TEST(contains(ask({"-c", "help blockdev-add"}).output, "\"null-co\"|"));  // one of forty drivers
    BOOST_TEST(ask({"-c", "help no-such-thing"}).status == 2);
}

BOOST_AUTO_TEST_CASE(help_describes_the_shells_own_commands)
{
    std::string const wait =
        ":wait JOB [STATE] [--timeout SECONDS]\nshow a job's progress until it ends, needs a command, or is in a state\n";
    for (std::string const line : {"help :wait", ":help :wait", ":help wait", "help wait"})
        BOOST_TEST(ask({"-c", line}).output == wait);
    BOOST_TEST(ask({"-c", "help :nope"}).status == 2);
    BOOST_TEST(contains(ask({"-c", "help quit"}).output, "returns: nothing"));  // QEMU's
    BOOST_TEST(contains(ask({"-c", ":help"}).output, "command key=value"));
    outcome const human = ask({"-H", "-c", ":help"});
    BOOST_TEST(!contains(human.output, "key=value"));
    BOOST_TEST(contains(human.output, "cpu [NUMBER]"));
    BOOST_TEST(contains(human.output, ":wait JOB"));
}

BOOST_AUTO_TEST_CASE(what_the_human_monitor_would_understand_is_told_so)
{
    BOOST_TEST(contains(ask({"-c", "info block"}).errors, "`info` is a command of the human monitor: write :hmp info block, or"));
    BOOST_TEST(contains(ask({"-c", "info"}).errors, "write :hmp info, or"));
    BOOST_TEST(contains(ask({"-c", "?"}).errors, "write :hmp ?, or"));
    BOOST_TEST(contains(ask({"-c", "savevm now"}).errors, "write :hmp savevm now, or"));
    BOOST_TEST(!contains(ask({"-c", "nonsense now"}).errors, "human"));
    BOOST_TEST(!contains(ask({"-c", "device_del now"}).errors, "human"));  // QMP has it too
}

BOOST_AUTO_TEST_CASE(the_schema_can_be_searched)
{
    outcome const came = ask({"-c", ":schema *status*"});
    BOOST_TEST(contains(came.output, "query-status\n"));
    BOOST_TEST(contains(came.output, "JOB_STATUS_CHANGE\n"));
    BOOST_TEST(contains(ask({"-c", ":schema"}).output, "commands"));
}

BOOST_AUTO_TEST_SUITE_END()

// What the old shell did wrong, each with the name of the edge.
BOOST_FIXTURE_TEST_SUITE(sharp_edges, qemu_fixture)

BOOST_AUTO_TEST_CASE(logfile_does_not_take_over_the_socket)
{
    struct ::stat before{};
    struct ::stat after{};
    BOOST_REQUIRE(::stat(address.c_str(), &before) == 0);
    std::string const file = qemu.directory() / "log";
    BOOST_TEST(ask({"-l", file, "-c", "query-status"}).status == 0);
    BOOST_REQUIRE(::stat(address.c_str(), &after) == 0);
    BOOST_TEST(before.st_ino == after.st_ino);
    BOOST_TEST(ask({"-c", "query-status"}).status == 0);
    std::string const log = content(file);
    BOOST_TEST(contains(log, "-> {\"execute\":\"query-status\""));
    BOOST_TEST(contains(log, "<- {\"return\""));
    struct ::stat about{};
    BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(the_logfile_has_the_greeting_before_what_answers_it)
{
    std::string const file = qemu.directory() / "log";
    BOOST_TEST(ask({"-l", file, "-c", "query-status"}).status == 0);
    std::string const log = content(file);
    BOOST_TEST(log.find("<- {\"QMP\"") < log.find("-> {\"execute\":\"qmp_capabilities\""));
    BOOST_TEST(log.find("-> {\"execute\":\"qmp_capabilities\"") < log.find("<- {\"return\""));
    BOOST_TEST(lines_in(log) == 5U);
}

BOOST_AUTO_TEST_CASE(a_logfile_that_is_the_socket_is_refused)
{
    outcome const came = ask({"-l", address, "-c", "query-status"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, address));
    BOOST_TEST(ask({"-c", "query-status"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_dotted_key_does_not_swallow_later_keys)
{
    outcome const came = ask({"-c", "blockdev-add driver=raw file.driver=null-co file.size=8192 node-name=top read-only=on", "-c",
                              "query-named-block-nodes flat=true"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    BOOST_TEST(contains(came.output, "\"node-name\": \"top\""));
    BOOST_TEST(contains(came.output, "\"ro\": true"));
}

BOOST_AUTO_TEST_CASE(quotes_do_not_stay_in_values)
{
    outcome const came =
        ask({"-c", "blockdev-add driver='null-co' node-name=\"n-1\" size=4096", "-c", "query-named-block-nodes"});
    BOOST_TEST(came.errors == "");
    BOOST_TEST(contains(came.output, "\"node-name\": \"n-1\""));
    BOOST_TEST(contains(came.output, "\"drv\": \"null-co\""));
}

BOOST_AUTO_TEST_CASE(a_string_of_digits_stays_a_string)
{
    outcome const came = ask({"-v", "-c", "object-add qom-type=memory-backend-ram id=m007 size=1048576", "-c",
                              "chardev-add id=007 backend.type=null backend.data={}", "-c", "query-chardev"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "\"label\": \"007\""));
}

BOOST_AUTO_TEST_CASE(a_string_can_be_forced_and_a_float_can_be_written)
{
    outcome const came = ask({"-v", "-c", "no-such-command text:=\"42\" real=1.5 exact:=2.50e1"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(contains(came.errors, "\"text\": \"42\""));
    BOOST_TEST(contains(came.errors, "\"real\": 1.5"));
    BOOST_TEST(contains(came.errors, "\"exact\": 2"));
}

BOOST_AUTO_TEST_CASE(the_exit_status_says_that_qemu_refused)
{
    outcome const came = ask({"-c", "blockdev-del node-name=nowhere", "-c", "query-status"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.output == "");
    BOOST_TEST(came.errors == "qmp-shell: command 1: blockdev-del: GenericError: Failed to find node with node-name='nowhere'\n");
}

BOOST_AUTO_TEST_CASE(the_exit_status_says_that_the_line_makes_no_sense)
{
    outcome const came = ask({"-c", "blockdev-del node-name"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.output == "");
    BOOST_TEST(contains(came.errors, "column "));
    BOOST_TEST(contains(came.errors, "^"));
}

BOOST_AUTO_TEST_CASE(complaints_about_the_input_say_which_line)
{
    outcome const came = ask({"--keep-going"},
                             "query-name\n\nblockdev-del node-name=nowhere\n# a comment\nblockdev-del node\n:nope\n"
                             "blockdev-add driver=null-co file={\n'a' 1,\n'b': 2}\nquery-name\n{\n");
    BOOST_TEST(came.status == 1);
    BOOST_TEST(lines_in(came.output) == 2U);
    BOOST_TEST(
        came.errors ==
        "qmp-shell: line 3: blockdev-del: GenericError: Failed to find node with node-name='nowhere'\n"
        "qmp-shell: line 5: column 14: an argument begins with its name: write node-name=node\n"
        "  blockdev-del node\n"
        "               ^\n"
        "qmp-shell: line 6: there is no :nope; :help lists the shell's commands\n"
        "qmp-shell: line 8: column 5: a colon is expected here, as in {\"name\": value}\n"
        "  'a' 1,\n"
        "      ^\n"
        "qmp-shell: line 11: the brace or the transaction that begins here is not closed, and nothing of it was executed\n");
}

BOOST_AUTO_TEST_CASE(complaints_about_commands_say_which_of_several)
{
    outcome const came = ask({"-H", "-c", "info version", "-c", "device_del nothing"});
    BOOST_TEST(came.errors == "qmp-shell: command 2: Error: Device 'nothing' not found\n");
    BOOST_TEST(ask({"-H", "-c", "device_del nothing"}).errors == "qmp-shell: Error: Device 'nothing' not found\n");
}

BOOST_AUTO_TEST_CASE(keep_going_continues_and_still_fails)
{
    outcome const came = ask({"--keep-going", "-c", "blockdev-del node-name=nowhere", "-c", "query-status"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(lines_in(came.output) == 1U);
}

BOOST_AUTO_TEST_CASE(an_unknown_command_is_refused_with_a_suggestion)
{
    outcome const came = ask({"-c", "query-statu"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(contains(came.errors, "query-status"));
}

BOOST_AUTO_TEST_CASE(a_mistyped_argument_is_pointed_at_with_a_suggestion)
{
    outcome const came = ask({"-c", "block_resize node-name=a siez=1"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors ==
               "qmp-shell: column 26: block_resize: GenericError: Parameter 'size' is missing (`siez` is not an argument: did "
               "you mean size?)\n"
               "  block_resize node-name=a siez=1\n"
               "                           ^\n");
    outcome const nested = ask({"-c", "blockdev-add driver=raw file.driver=null-co file.siez=4096"});
    BOOST_TEST(contains(nested.errors, "Parameter 'file.siez' is unexpected (did you mean size?)"));
    outcome const property = ask({"-c", "device_add driver=virtio-blk-pci seriall=7"});
    BOOST_TEST(property.status == 1);
    BOOST_TEST((!contains(property.errors, "seriall' not found") || contains(property.errors, "did you mean serial?")));
}

BOOST_AUTO_TEST_CASE(a_mistyped_word_of_many_gets_a_suggestion)
{
    outcome const came = ask({"-c", "blockdev-add driver=qcow3"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "did you mean qcow or qcow2?"));
    BOOST_TEST(contains(ask({"-c", "blockdev-add driver=colour"}).errors, "more words"));
}

BOOST_AUTO_TEST_CASE(a_dead_server_is_one_line)
{
    std::string const nowhere = qemu.directory() / "nobody";
    outcome const came = run({nowhere, "-c", "query-status"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors == "qmp-shell: cannot connect to unix:" + nowhere + ": No such file or directory\n");
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_is_one_line)
{
    script victim({address});
    victim.write("query-status\n");
    victim.expect("prelaunch");
    qemu.signal(SIGKILL);
    victim.expect("has gone");
    outcome const came = victim.wait();
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors == "qmp-shell: QEMU has gone: unix:" + address + " closed the connection\n");
}

BOOST_AUTO_TEST_CASE(what_became_of_a_command_that_awaits_its_answer_is_told_to_be_unknown)
{
    script victim({address});
    victim.write("query-status\n");
    victim.expect("prelaunch");
    qemu.stop();
    victim.write(":trace on\ncont\n");
    victim.expect("-> {\"execute\":\"cont\"");
    qemu.signal(SIGKILL);
    outcome const came = victim.wait();
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(
        came.errors, "qmp-shell: line 3: cont: QEMU has gone before it answered: whether the command was executed is unknown\n"));
}

BOOST_AUTO_TEST_CASE(a_busy_monitor_says_so)
{
    script first({address});
    first.write("query-status\n");
    first.expect("prelaunch");
    outcome const came = ask({"--timeout", "0.5", "-c", "query-status"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(came.errors, "busy"));
    BOOST_TEST(lines_in(came.errors) == 1U);
    // If the greeting takes longer than usual, the shell says once what it waits for.
    outcome const patient = ask({"--timeout", "1.7", "-c", "query-status"});
    BOOST_TEST(patient.status == 3);
    BOOST_TEST(lines_in(patient.errors) == 2U);
    BOOST_TEST(contains(patient.errors, address + " does not answer yet"));
    BOOST_TEST(first.finish().status == 0);
}

BOOST_AUTO_TEST_CASE(no_cpu_zero_does_not_crash_hmp)
{
    outcome const came = ask({"-H", "-c", "info version", "-c", "info registers"});
    BOOST_TEST(std::regex_search(came.output, std::regex("^[0-9]+[.][0-9]+[.][0-9]+")));  // QEMU's version
    BOOST_TEST(came.errors == "qmp-shell: command 2: No CPU available\n");
    BOOST_TEST(came.status == 1);
}

BOOST_AUTO_TEST_SUITE_END()
