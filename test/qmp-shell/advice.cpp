// What the shell advises after a mistake: it points at the mistake, and what it suggests can be followed.
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <string_view>

using namespace qmp_shell::test;

namespace {

/// The text above the caret in the typed line. @return empty: there is no caret
std::string pointed_at(std::string const& errors)
{
    std::size_t const caret = errors.find("^\n");
    if (caret == std::string::npos)
        return {};
    std::size_t const begin = errors.rfind('\n', caret) + 1;
    std::size_t const line = errors.rfind('\n', begin - 2) + 1;
    return errors.substr(line + caret - begin, begin - 1 - (line + caret - begin));
}

struct machine_fixture : qemu_fixture
{
    std::string errors_of(std::string_view line) { return ask({"-c", std::string(line)}).errors; }
    std::string pointed_at_in(std::string_view line) { return pointed_at(errors_of(line)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(advice, machine_fixture)

BOOST_AUTO_TEST_CASE(an_address_from_qemus_command_line_is_explained_by_what_it_is_here)
{
    auto const refusal = [](std::string const& text) { return run({text, "-c", "query-status"}); };
    outcome const server = refusal("unix:/nowhere/s,server=on,wait=off");
    BOOST_TEST(server.status == 2);
    BOOST_TEST(contains(server.errors, "has options of QEMU's command line: write unix:/nowhere/s\n"));
    BOOST_TEST(contains(refusal("/nowhere/s,server,nowait").errors, "write unix:/nowhere/s\n"));
    BOOST_TEST(contains(refusal("localhost:1,server=on").errors, "write tcp:localhost:1\n"));
    BOOST_TEST(contains(refusal("telnet:127.0.0.1:4444").errors, "write tcp:127.0.0.1:4444\n"));
    BOOST_TEST(contains(refusal("tcp://h:1").errors, "write tcp:h:1\n"));
    BOOST_TEST(contains(run({"--listen", "unix:/nowhere/s,server=on"}).errors, "write unix:/nowhere/s\n"));
}

BOOST_AUTO_TEST_CASE(a_socket_whose_name_has_a_comma_is_an_address)
{
    BOOST_TEST(contains(run({"/nowhere/a,b"}).errors, "cannot connect to unix:/nowhere/a,b: "));
    coqmp::test::temporary_directory const directory;
    std::string const path = directory.path() / "a,server";
    std::ofstream(path) << "a file";
    BOOST_TEST(contains(run({path}).errors, "cannot connect to unix:" + path));
}

BOOST_AUTO_TEST_CASE(what_a_chardev_cannot_open_is_pointed_at_and_not_its_id)
{
    BOOST_TEST(pointed_at_in("chardev-add id=c backend.type=file backend.data.out=/nowhere/x") == "out=/nowhere/x");
    BOOST_TEST(
        pointed_at_in("chardev-add id=c backend.type=socket backend.data.addr.type=inet backend.data.addr.data.host=127.0.0.1 "
                      "backend.data.addr.data.port=1 backend.data.server=off") == "");
    BOOST_TEST(pointed_at_in("chardev-add id=monitor backend.type=null backend.data={}") ==
               "id=monitor backend.type=null backend.data={}");
}

BOOST_AUTO_TEST_CASE(a_wrong_value_of_a_property_is_pointed_at_and_not_its_name)
{
    BOOST_REQUIRE(ask({"-c", "object-add qom-type=iothread id=i0"}).status == 0);
    BOOST_TEST(pointed_at_in("qom-set path=/objects/i0 property=poll-max-ns value=many") == "value=many");
    BOOST_TEST(pointed_at_in("qom-set path=/objects/i0 property=poll-max-ms value=1") == "property=poll-max-ms value=1");
}

BOOST_AUTO_TEST_CASE(what_has_no_name_is_not_suggested)
{
    // Its disk has no name except that of its node.
    coqmp::test::real_qemu const with_disk({"-M", "q35", "-nodefaults", "-display", "none", "-S", "-blockdev",
                                            "null-co,node-name=n0", "-device", "virtio-blk-pci,drive=n0"});
    std::string const errors = run({with_disk.monitor().path(), "-c", "block_resize device=x size=5"}).errors;
    BOOST_TEST(contains(errors, "Cannot find device"));
    BOOST_TEST(!contains(errors, "did you mean"));
}

BOOST_AUTO_TEST_CASE(a_line_for_the_human_monitor_is_recognised_though_its_help_has_several_lines)
{
    BOOST_TEST(contains(errors_of("drive_add 0 if=none,id=d"), ":hmp drive_add 0 if=none,id=d, or start the shell with -H"));
    BOOST_TEST(contains(errors_of("info block"), ":hmp info block, or start the shell with -H"));
}

BOOST_AUTO_TEST_CASE(a_mistyped_name_is_pointed_at_instead_of_the_missing_one)
{
    std::string const errors = errors_of("blockdev-add drvier=file filename=/nowhere");
    BOOST_TEST(contains(errors, "did you mean driver?"));
    BOOST_TEST(pointed_at(errors) == "drvier=file filename=/nowhere");
    BOOST_TEST(contains(errors_of("blockdev-add driver=raw file.drvier=file"), "did you mean driver?"));
    BOOST_TEST(contains(errors_of("device_add drvier=e1000"), "did you mean driver?"));
    BOOST_TEST(contains(errors_of("object-add qom-tpye=iothread id=i"), "did you mean qom-type?"));
    BOOST_TEST(contains(errors_of("netdev_add tpye=user id=u"), "did you mean type?"));
}

BOOST_AUTO_TEST_CASE(two_commands_in_a_line_are_told_apart)
{
    for (std::string_view const line : {R"({"execute": "query-name"} {"execute": "query-status"})",
                                        R"({"execute": "query-name"}{"execute": "query-status"})"}) {
        outcome const came = ask({"-c", std::string(line)});
        BOOST_TEST(came.status == 2);
        BOOST_TEST(came.output == "");
        BOOST_TEST(pointed_at(came.errors) == R"({"execute": "query-status"})");
    }
}

BOOST_AUTO_TEST_CASE(a_script_that_negotiates_is_told_that_it_need_not)
{
    outcome const came = ask({}, "{\"execute\": \"qmp_capabilities\"}\nquery-status\n");
    BOOST_TEST(came.status == 1);
    BOOST_TEST(contains(came.errors, "line 1: qmp_capabilities: "));
    BOOST_TEST(contains(came.errors, "(the session is negotiated: leave this line out)\n"));
}

BOOST_AUTO_TEST_CASE(a_raw_command_is_refused_with_its_id)
{
    BOOST_TEST(contains(errors_of(R"({"execute": "nosuch", "id": [7, "x"]})"), R"(nosuch (id [7, "x"]): )"));
    BOOST_TEST(contains(errors_of(R"({"execute": "nosuch"})"), "nosuch: "));
}

BOOST_AUTO_TEST_CASE(a_command_that_there_is_not_is_named_before_its_arguments_are_judged)
{
    BOOST_TEST(contains(errors_of("device-add e1000"), "this QEMU has no command device-add (did you mean device_add?)\n"));
    BOOST_TEST(contains(errors_of("query-nam x"), "this QEMU has no command query-nam (did you mean query-name"));
    BOOST_TEST(contains(errors_of("stop now"), "stop takes no arguments: leave now out\n"));
}

BOOST_AUTO_TEST_CASE(a_q_is_not_led_to_what_ends_qemu)
{
    BOOST_TEST(contains(errors_of("q"), "`exit` leaves the shell, `quit` ends QEMU\n"));
}

BOOST_AUTO_TEST_CASE(a_schema_that_qemu_refuses_is_asked_for_once)
{
    coqmp::test::temporary_directory const directory;
    std::string const log = directory.path() / "log";
    outcome const refused = ask({"-N", "--keep-going", "-l", log}, "query-a x=1\nquery-b x=1\nquery-c x=1\n");
    BOOST_TEST(times(refused.errors, "Expecting capabilities negotiation") == 3U);
    BOOST_TEST(times(content(log), "a query of the shell itself: query-qmp-schema") == 1U);
}

BOOST_AUTO_TEST_CASE(a_schema_that_was_refused_is_asked_for_again_when_the_session_is_negotiated)
{
    outcome const came = ask({"-N", "--keep-going"}, "query-a x=1\nqmp_capabilities\nblockdev-add drvier=file\n");
    BOOST_TEST(contains(came.errors, "did you mean driver?"));
}

BOOST_AUTO_TEST_SUITE_END()
