// The launch options of a machine: QEMU gets them, and a start that fails names the step.
#include <coqmp/machine.hpp>

#include "support/helper_threads.hpp"
#include "support/pipe_to_read.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using coqmp::descriptor;
using coqmp::errc;
using coqmp::exit_status;
using coqmp::machine;
using coqmp::machine_spec;
using coqmp::output_target;
using namespace coqmp::test;

namespace {

/// A QEMU that gets a disk as a descriptor, and the answer to query-block.
asio::awaitable<std::string> disk_of(machine_spec const& spec)
{
    machine subject(co_await asio::this_coro::executor, spec);
    co_await subject.async_start();
    auto const reply = co_await subject.session().execute("query-named-block-nodes");
    std::string const text = boost::json::serialize(reply);
    auto const status = co_await subject.async_shutdown(std::chrono::seconds(-1));
    BOOST_TEST(status.signal == SIGKILL);
    co_return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(launch_options_of_a_machine, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(qemu_gets_a_descriptor_by_its_name)
{
    temporary_directory folder;
    std::filesystem::path const path = folder.path() / "disk";
    std::ofstream(path).flush();
    std::filesystem::resize_file(path, 8192);
    machine_spec spec = bare_qemu("-add-fd", "fd={fd:disk},set=7", "-blockdev",
                                  R"({"driver":"file","node-name":"disk0","filename":"/dev/fdset/7"})");
    spec.descriptors.emplace("disk", descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC)));
    auto const body = [&spec]() -> asio::awaitable<void> {
        std::string const nodes = co_await disk_of(spec);
        BOOST_TEST(contains(nodes, "\"virtual-size\":8192"), nodes);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(machine_closes_its_copies_once_the_program_has_them)
{
    pipe_to_read pipe;
    machine_spec spec = bare_qemu("-name", "{fd:pipe}");
    spec.descriptors.emplace("pipe", pipe.writing_end());
    spec.standard_output = output_target::to(spec.descriptors.at("pipe"));
    asio::io_context context;
    machine subject(context, std::exchange(spec, machine_spec()));
    bool ended = false;
    subject.async_start([&](std::exception_ptr failure) {
        BOOST_TEST(!failure);
        subject.kill();
    });
    subject.async_wait([&](boost::system::error_code, exit_status) { ended = true; });
    context.run();
    BOOST_TEST(ended);
    await_helper_threads();
    BOOST_TEST(pipe.read() == "");  // which ends, although the machine exists
}

BOOST_AUTO_TEST_CASE(lines_of_a_machine_come_on_its_executor)
{
    asio::io_context context;
    machine_spec spec = bare_qemu("-device", "no-such-device");
    std::vector<std::string> lines;
    spec.standard_error = output_target::lines([&](std::string_view line) {
        BOOST_TEST(context.get_executor().running_in_this_thread());
        lines.emplace_back(line);
    });
    machine subject(context, spec);
    std::string why;
    coqmp::start_diagnostics diagnostics;
    subject.async_start(diagnostics, [&](boost::system::error_code error) {
        BOOST_TEST(error == errc::machine_exited);
        why = diagnostics.message();
    });
    context.run();
    BOOST_TEST(contains(why, "'no-such-device' is not a valid device model name"), why);
    BOOST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(contains(why, lines.front()));
}

BOOST_AUTO_TEST_CASE(start_that_fails_names_its_step)
{
    asio::io_context context;
    auto const failure = [&context](machine_spec const& spec) {
        machine subject(context, spec);
        std::string why;
        coqmp::start_diagnostics diagnostics;
        subject.async_start(diagnostics, [&](boost::system::error_code error) {
            BOOST_TEST(error == errc::launch_failed);
            why = diagnostics.message();
        });
        context.restart();
        context.run();
        BOOST_TEST(subject.pid() == -1);
        return why;
    };
    machine_spec spec = bare_qemu();
    spec.working_directory = "/nowhere";
    BOOST_TEST(failure(spec) ==
               "cannot start \"qemu-system-x86_64\": entering the directory \"/nowhere\": No such file or directory");
    spec = bare_qemu("-name", "{fd:tap}");
    BOOST_TEST(failure(spec) == "cannot start a machine: the arguments use {fd:tap}, but there is no descriptor of that name");
    spec = bare_qemu();
    spec.own_session = spec.share_process_group = true;
    BOOST_TEST(contains(failure(spec), "cannot share our process group"));
    spec = bare_qemu();
    spec.standard_output = output_target::lines({});
    BOOST_TEST(contains(failure(spec), "an empty callback"));
    spec.standard_output = output_target::file(std::string("a\0b", 3));
    BOOST_TEST(contains(failure(spec), "the output file \"a\" holds a NUL byte"));
}

BOOST_AUTO_TEST_SUITE_END()
