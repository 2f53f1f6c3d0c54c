// Single lines of scripts, against a real QEMU: how the shell is left, what is refused, what is suggested.
#include "qemu_fixture.hpp"
#include "script.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace qmp_shell::test;

BOOST_FIXTURE_TEST_SUITE(leaving, qemu_fixture)

BOOST_AUTO_TEST_CASE(exit_leaves_a_script_with_success)
{
    outcome const from_input = ask({}, "query-name\n exit # that is enough\nnonsense\n");
    BOOST_TEST(from_input.status == 0);
    BOOST_TEST(from_input.errors == "");
    BOOST_TEST(from_input.output == "{}\n");
    outcome const from_arguments = ask({"-c", "exit", "-c", "nonsense"});
    BOOST_TEST(from_arguments.status == 0);
    BOOST_TEST(from_arguments.errors == "");
    BOOST_TEST(ask({"-c", ":exit"}).status == 0);
    BOOST_TEST(ask({"-H", "-c", "exit"}).status == 0);
}

BOOST_AUTO_TEST_CASE(words_after_quit_are_refused)
{
    outcome const came = ask({"--keep-going"}, ":quit now\n:exit 1\nquery-name\n:quit # enough\nnonsense\n");
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.output == "{}\n");
    BOOST_TEST(came.errors == "qmp-shell: line 1: :quit takes no arguments\nqmp-shell: line 2: :exit takes no arguments\n");
}

BOOST_AUTO_TEST_CASE(a_mistyped_exit_is_not_corrected_to_quit)
{
    BOOST_TEST(ask({"-c", "help exit"}).output ==
               "exit leaves the shell, not QEMU, as Ctrl-D does; the exit status is 0 unless a line failed before\n");
    outcome const with_argument = ask({"-c", "exit status=1"});
    BOOST_TEST(with_argument.status == 1);
    BOOST_TEST(contains(with_argument.errors, "(`exit` alone leaves the shell)"));
    outcome const mistyped = ask({"-c", "qxit"});
    BOOST_TEST(contains(mistyped.errors, "did you mean exit?"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(files_that_travel, qemu_fixture)

BOOST_AUTO_TEST_CASE(a_file_to_migrate_to_is_created_for_its_owner)
{
    std::filesystem::path const target = qemu.directory() / "saved";
    outcome const came = ask({"-c", "migrate uri=fd:saved --fd saved=" + target.native()});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    struct ::stat about{};
    BOOST_REQUIRE(::stat(target.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_created_for_nothing_is_removed)
{
    std::filesystem::path const target = qemu.directory() / "saved";
    outcome const refused = ask({"-c", "migrate uri=nonsense --fd saved=" + target.native()});
    BOOST_TEST(refused.status == 1);
    BOOST_TEST(!std::filesystem::exists(target));
    outcome const other = ask({"-c", "migrate uri=fd:saved --fd saved=" + target.native() + " --fd b=/nowhere/b"});
    BOOST_TEST(other.status == 2);
    BOOST_TEST(!std::filesystem::exists(target));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_there_before_stays)
{
    std::filesystem::path const target = qemu.directory() / "saved";
    std::ofstream(target).flush();
    BOOST_TEST(ask({"-c", "migrate uri=nonsense --fd saved=" + target.native()}).status == 1);
    BOOST_TEST(std::filesystem::exists(target));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_not_migrated_to)
{
    outcome const came = ask({"-v", "-c", "migrate uri=fd:saved --fd saved=" + qemu.directory().native()});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.errors ==
               "qmp-shell: migrate writes, and " + qemu.directory().native() + " cannot be opened for writing: Is a directory\n");
    if (::geteuid() == 0)  // may write everywhere
        return;
    std::filesystem::path const target = qemu.directory() / "saved";
    std::ofstream(target).flush();
    std::filesystem::permissions(target, std::filesystem::perms::owner_read);
    BOOST_TEST(contains(ask({"-c", "migrate uri=fd:saved --fd saved=" + target.native()}).errors, target.native()));
    BOOST_TEST(ask({"-c", "getfd --fd saved=" + target.native()}).status == 0);
}

BOOST_AUTO_TEST_CASE(no_other_command_creates_a_file)
{
    std::filesystem::path const mistyped = qemu.directory() / "mistyped";
    outcome const came = ask({"-c", "getfd --fd a=" + mistyped.native()});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "No such file or directory"));
    BOOST_TEST(!std::filesystem::exists(mistyped));
}

BOOST_AUTO_TEST_CASE(a_file_has_one_name)
{
    outcome const other = ask({"-c", "getfd fdname=a --fd b=/dev/null"});
    BOOST_TEST(other.status == 2);
    BOOST_TEST(other.errors == "qmp-shell: fdname is a, but the file's name is b: write --fd a=/dev/null, or leave fdname out\n");
    outcome const both = ask({"-c", "getfd --fd a=/dev/null --fd b=/dev/null"});
    BOOST_TEST(both.status == 2);
    BOOST_TEST(both.errors == "qmp-shell: getfd takes one file: give it one --fd\n");
    outcome const twice = ask({"-c", "query-name --fd a=/dev/null --fd a=/dev/zero"});
    BOOST_TEST(twice.status == 2);
    BOOST_TEST(twice.errors == "qmp-shell: --fd a is there twice: each file needs a name of its own\n");
    outcome const unclear = ask({"-c", "add_client protocol=vnc --fd a=/dev/null --fd b=/dev/null"});
    BOOST_TEST(unclear.status == 2);
    BOOST_TEST(unclear.errors == "qmp-shell: write fdname=NAME: there are several --fd, and add_client takes one\n");
    BOOST_TEST(ask({"-c", "getfd fdname=a --fd a=/dev/null"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(logs, qemu_fixture)

BOOST_AUTO_TEST_CASE(what_the_shell_asks_for_itself_is_one_line_of_the_logfile)
{
    std::string const file = qemu.directory() / "log";
    std::string const node = "blockdev-add driver=null-co size=67108864 node-name=";
    BOOST_TEST(ask({"-l", file, "-c", node + "a read-zeroes=on", "-c", node + "b", "-c",
                    "blockdev-backup job-id=slow device=a target=b sync=full speed=65536", "-c", ":wait slow --timeout 0.6"})
                   .status == 1);
    std::string const log = content(file);
    BOOST_TEST(log.size() < 10'000U);  // the schema has 207 KB
    BOOST_TEST(contains(log, " -- a query of the shell itself: query-qmp-schema\n"));
    BOOST_TEST(contains(log, " -> {\"execute\":\"blockdev-add\""));
    BOOST_TEST(contains(log, " <- {\"return\": {}"));
    BOOST_TEST(contains(log, "JOB_STATUS_CHANGE"));
    BOOST_TEST(contains(log, " -- a query of the shell itself: query-jobs\n"));
    BOOST_TEST(!contains(log, "\"query-jobs\""));
    BOOST_TEST(log.find("query-jobs") == log.rfind("query-jobs"));  // however often it has looked
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(odd_lines, qemu_fixture)

BOOST_AUTO_TEST_CASE(events_are_switched_in_any_case_and_not_both_ways)
{
    outcome const came = ask({"-c", ":events stop", "-c", ":events", "-c", ":events OFF", "-c", ":events"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.output == "events shown: stop\nevents are not shown\n");
    outcome const both = ask({"-c", ":events on off"});
    BOOST_TEST(both.status == 2);
    BOOST_TEST(both.errors == "qmp-shell: :events takes on, or off, or patterns\n");
}

BOOST_AUTO_TEST_CASE(a_nul_byte_is_refused)
{
    using namespace std::string_view_literals;
    outcome const came = ask({}, "query-name\0foo\n"sv);
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "line 1: column 11: "));
    BOOST_TEST(ask({"-H"}, "info na\0me\n"sv).status == 2);
}

BOOST_AUTO_TEST_CASE(the_mark_of_utf_8_is_no_part_of_the_first_line)
{
    outcome const came = ask({}, "\xEF\xBB\xBFquery-name\n");
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.output == "{}\n");
}

BOOST_AUTO_TEST_CASE(of_a_long_line_little_is_echoed)
{
    std::string const word(100'000, 'x');
    outcome const bare = ask({}, "query-status " + word + "\n");
    BOOST_TEST(contains(bare.errors, "column 14: "));
    BOOST_TEST(bare.errors.size() < 500U);
    outcome const quote = ask({}, "query-status " + word + "=\"a\n");
    BOOST_TEST(contains(quote.errors, "column 100015: "));
    BOOST_TEST(contains(quote.errors, "\n  ...xxx"));
    BOOST_TEST(quote.errors.size() < 500U);
    BOOST_TEST(ask({}, word + "\n").errors.size() < 3000U);
    BOOST_TEST(ask({}, "wait " + word + "\n").errors.size() < 3000U);
}

BOOST_AUTO_TEST_CASE(a_line_over_64_mib_is_refused)
{
    outcome const came = ask({}, "query-name\n" + std::string(std::size_t{70} << 20, 'x') + "\nquery-name\n");
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "line 2: column 1: "));
    BOOST_TEST(came.errors.size() < 500U);
}

BOOST_AUTO_TEST_CASE(a_wrong_name_has_a_hint)
{
    BOOST_TEST(contains(ask({"-c", "QUERY-STATUS"}).errors, "(did you mean query-status"));
    BOOST_TEST(contains(ask({"-c", "query-foobarbaz"}).errors, "(`:schema query-*` lists the like)"));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_one_line_whatever_it_quotes)
{
    outcome const came = ask({"-c", R"({"execute": "device_del", "arguments": {"id": "a\nb\tc\u001b[2J"}})"});
    BOOST_TEST(came.errors == "qmp-shell: device_del: DeviceNotFound: Device 'a b c[2J' not found\n");
}

BOOST_AUTO_TEST_CASE(a_mistyped_name_of_the_shells_own_has_a_hint)
{
    BOOST_TEST(ask({"-c", ":wait-evnt RESUME"}).errors == "qmp-shell: there is no :wait-evnt (did you mean :wait-event?)\n");
    BOOST_TEST(contains(ask({"-c", ":evnts"}).errors, "(did you mean :events?)\n"));
    BOOST_TEST(contains(ask({"-c", "help :waitt"}).errors, "(did you mean :wait?)\n"));
    BOOST_TEST(contains(ask({"-c", ":nonsense"}).errors, "there is no :nonsense; :help lists the shell's commands\n"));
    outcome const pattern = ask({"-c", ":events STOPP"});
    BOOST_TEST(pattern.status == 2);
    BOOST_TEST(pattern.errors == "qmp-shell: no event matches STOPP (did you mean STOP?)\n");
    BOOST_TEST(contains(ask({"-c", ":wait job timeout=3"}).errors, "a limit is written --timeout SECONDS\n"));
}

BOOST_AUTO_TEST_CASE(a_missing_colon_is_reported)
{
    BOOST_TEST(ask({"-c", "wait m0"}).errors == "qmp-shell: `wait` is a command of the shell: did you mean :wait m0?\n");
    BOOST_TEST(contains(ask({"-c", "wait-event RESUME a=1"}).errors, "did you mean :wait-event RESUME a=1?\n"));
    outcome const alone = ask({"-c", "history"});
    BOOST_TEST(alone.status == 1);
    BOOST_TEST(contains(alone.errors, "; `history` is a command of the shell: did you mean :history?\n"));
    BOOST_TEST(contains(ask({"-c", "wait-evnt RESUME"}).errors, "did you mean :wait-event?\n"));
}

BOOST_AUTO_TEST_CASE(a_bare_word_is_told_its_name)
{
    outcome const came = ask({"-c", "job-dismiss c2"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "column 13: an argument begins with its name: write id=c2\n"));
}

BOOST_AUTO_TEST_CASE(a_colon_in_place_of_an_equals_sign_is_reported)
{
    BOOST_TEST(contains(ask({"-c", "blockdev-add driver:null-co"}).errors, "write driver=null-co\n"));
    BOOST_TEST(contains(ask({"-c", "blockdev-add --driver null-co"}).errors, "write driver=null-co\n"));
    BOOST_TEST(contains(ask({"-c", "blockdev-del node-name = n1"}).errors, "write node-name=n1\n"));
}

BOOST_AUTO_TEST_CASE(a_character_that_only_looks_like_a_blank_is_reported)
{
    outcome const came = ask({"-c", "query-name\xC2\xA0"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "column 11: there is a no-break space (U+00A0) here\n"));
}

BOOST_AUTO_TEST_CASE(arguments_are_pasted_as_one_object)
{
    outcome const came = ask({"-c", R"(blockdev-add {"driver": "null-co", "node-name": "pasted"})"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.output == "{}\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(arguments_that_qemu_refuses, qemu_fixture)

BOOST_AUTO_TEST_CASE(a_mistyped_argument_in_braces_is_pointed_at)
{
    BOOST_TEST(contains(ask({"-c", "blockdev-add driver=raw file={'driver': 'null-co', 'siez': 4096}"}).errors, "column 52: "));
    BOOST_TEST(contains(ask({"-c", "blockdev-add {'driver': 'null-co', 'siez': 4096}"}).errors, "column 36: "));
    BOOST_TEST(
        contains(ask({}, "query-name\n{'execute': 'blockdev-add',\n 'arguments': {'driver': 'null-co',\n 'siez': 1}}\n").errors,
                 "line 4: column 2: "));
}

BOOST_AUTO_TEST_CASE(a_refused_value_in_braces_is_pointed_at)
{
    BOOST_TEST(
        contains(ask({"-c", R"(blockdev-add {"driver": "qcow2", "node-name": "a", "file": "nosuch"})"}).errors, "column 52: "));
    outcome const word = ask({"-c", R"(blockdev-add driver=raw node-name=a file={"driver": "null-c"})"});
    BOOST_TEST(word.status == 1);
    BOOST_TEST(contains(word.errors, "column 43: "));
    BOOST_TEST(contains(word.errors, "(did you mean null-co"));
}

BOOST_AUTO_TEST_CASE(a_mistyped_device_or_property_of_an_object_gets_a_suggestion)
{
    BOOST_TEST(contains(ask({"-c", "device_add driver=virtio-blk-pc"}).errors, "(did you mean virtio-blk-pci"));
    BOOST_TEST(contains(ask({"-c", "object-add qom-type=iothread id=i poll-max=3"}).errors, "(did you mean poll-max-ns?)"));
}

BOOST_AUTO_TEST_CASE(a_mistyped_name_of_something_that_qemu_has_gets_a_suggestion)
{
    outcome const node = ask({"--keep-going", "-c", "blockdev-add driver=null-co node-name=scratch", "-c",
                              "block_resize node-name=scrach size=1M", "-c", "blockdev-del node-name=nothing-like-it"});
    BOOST_TEST(contains(node.errors, "node-name='scrach' (did you mean scratch?)\n"));
    BOOST_TEST(contains(node.errors, "node-name='nothing-like-it'\n"));
    BOOST_TEST(contains(ask({"-c", "qom-list path=/machin"}).errors, "(did you mean /machine?)"));
    BOOST_TEST(contains(ask({"-c", "qom-list path=/machine/peripheral-anno"}).errors, "(did you mean /machine/peripheral-anon"));
    BOOST_TEST(contains(ask({"-c", "qom-get path=/machine property=typ"}).errors, "(did you mean type?)"));
    BOOST_TEST(contains(ask({"-c", "blockdev-reopen options=[{'driver':'null-co','node-name':'scrach'}]"}).errors,
                        "(did you mean scratch?)"));
}

BOOST_AUTO_TEST_CASE(columns_are_characters)
{
    BOOST_TEST(contains(ask({"-c", "blockdev-add driver=null-co node-name='\xC3\xA4\xC3\xB6' siez=1"}).errors, "column 44: "));
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_transaction_is_pointed_at_in_its_own_line)
{
    outcome const unknown = ask({}, "query-name\ntransaction(\nabort\nblock-dirty-bitmap-ad node=a name=b\n)\n");
    BOOST_TEST(unknown.status == 2);
    BOOST_TEST(contains(unknown.errors,
                        "line 4: column 1: there is no action block-dirty-bitmap-ad (did you mean "
                        "block-dirty-bitmap-add"));
    outcome const bare = ask({}, "transaction(\nabort\n abrot\n)\n");
    BOOST_TEST(bare.status == 2);
    BOOST_TEST(bare.errors == "qmp-shell: line 3: column 2: there is no action abrot (did you mean abort?)\n   abrot\n   ^\n");
    outcome const mistyped = ask({}, "query-name\ntransaction(\nblock-dirty-bitmap-add nodee=a name=b\nabort\n)\n");
    BOOST_TEST(mistyped.status == 1);
    BOOST_TEST(mistyped.errors ==
               "qmp-shell: line 3: column 24: transaction: GenericError: Parameter 'actions[0].data.node' is missing "
               "(`nodee` is not an argument: did you mean node?)\n"
               "  block-dirty-bitmap-add nodee=a name=b\n"
               "                         ^\n");
    outcome const missing = ask({}, "transaction(\nabort\n block-dirty-bitmap-add node=a\n)\n");
    BOOST_TEST(
        contains(missing.errors, "line 3: column 2: transaction: GenericError: Parameter 'actions[1].data.name' is missing\n"));
    outcome const in_one = ask({"-c", "transaction( abort ; block-dirty-bitmap-add node=a )"});
    BOOST_TEST(contains(in_one.errors, "column 22: transaction: "));
    outcome const in_braces = ask({}, "transaction(\nblock-dirty-bitmap-add {'node': 'd0',\n 'name': 'q', 'siez': 1}\n)\n");
    BOOST_TEST(contains(in_braces.errors, "line 3: column 15: transaction: "));
}

BOOST_AUTO_TEST_SUITE_END()
