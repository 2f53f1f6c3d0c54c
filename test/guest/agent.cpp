// A guest_agent and the agent in a booted guest, under software emulation: what would stop the machine that runs the tests is tested
// here. The images come from make_images.
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/guest_agent.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdlib>
#include <string>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::guest_program;

namespace {

coqmp::machine_spec guest(std::string const& socket)
{
    char const* const given = std::getenv("COQMP_GUEST_IMAGES");
    std::string const images = given != nullptr ? given : "build/guest";
    coqmp::machine_spec spec;
    spec.arguments = {"-M",          "q35,accel=tcg",
                      "-cpu",        "max",
                      "-m",          "256",
                      "-nodefaults", "-no-reboot",
                      "-display",    "none",
                      "-kernel",     images + "/vmlinuz",
                      "-initrd",     images + "/initrd",
                      "-append",     "console=ttyS0 panic=-1",
                      "-drive",      "if=virtio,format=raw,snapshot=on,file=" + images + "/disk.img",
                      "-device",     "virtio-serial",
                      "-chardev",    "socket,id=ga,server=on,wait=off,path=" + socket,
                      "-device",     "virtserialport,chardev=ga,name=org.qemu.guest_agent.0"};
    return spec;
}

coqmp::guest_agent_options patient()
{
    coqmp::guest_agent_options result;
    result.session.connect_timeout = time_limit;
    return result;
}

asio::awaitable<std::string> freeze_status(coqmp::guest_agent& agent)
{
    json::value const status = co_await agent.execute("guest-fsfreeze-status");
    co_return std::string(status.as_string().c_str());
}

}  // namespace

COROUTINE_TEST_CASE(programs_files_freezing_and_shutdown_work_in_a_booted_guest)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    std::string const socket = (directory.path() / "agent.sock").string();
    coqmp::machine machine(executor, guest(socket));
    co_await machine.async_start(asio::deferred);

    // The agent does not answer yet: connecting waits for it.
    coqmp::guest_agent agent(executor, patient());
    co_await agent.async_connect(coqmp::endpoint::unix_socket(socket), asio::deferred);
    auto const information = co_await agent.info();
    BOOST_TEST(information.is_enabled("guest-fsfreeze-freeze"));

    auto const listed = co_await agent.exec(guest_program("/bin/sh").argument("-c").argument("cat; exit 3").input("hello"));
    BOOST_TEST(listed.exit_code.value() == 3);
    BOOST_TEST(listed.output == "hello");

    std::string content(300'000, 'x');
    content[200'000] = '\0';
    co_await agent.write_file("/mnt/file", content);
    std::string const read = co_await agent.read_file("/mnt/file");
    BOOST_TEST((read == content));

    // A program that writes to the frozen file system waits until it is thawed.
    auto freezing = agent.freeze(1min);
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    BOOST_TEST(frozen.filesystems() == 1);
    std::string const during = co_await freeze_status(agent);
    BOOST_TEST(during == "frozen");
    bool is_refused = false;
    try {
        static_cast<void>(co_await agent.exec("/bin/true"));
    } catch (coqmp::command_failed const& failure) {
        is_refused = failure.code() == coqmp::error_class::command_not_found;
    }
    BOOST_TEST(is_refused);
    std::int64_t const thawed = co_await frozen.thaw();
    BOOST_TEST(thawed == 1);
    std::string const after = co_await freeze_status(agent);
    BOOST_TEST(after == "thawed");

    {
        auto again = agent.freeze(1min);
        coqmp::guest_freeze const dropped = co_await std::move(again);
    }
    co_await agent.write_file("/mnt/file", "thawed");

    // The limit is over before it is thawed.
    auto short_freezing = agent.freeze(1ms);
    coqmp::guest_freeze shortly = co_await std::move(short_freezing);
    std::string status = co_await freeze_status(agent);
    while (status != "thawed")
        status = co_await freeze_status(agent);
    bool is_early = false;
    try {
        static_cast<void>(co_await shortly.thaw());
    } catch (boost::system::system_error const& failure) {
        is_early = failure.code() == errc::thawed_early;
    }
    BOOST_TEST(is_early);

    co_await agent.shutdown();
    coqmp::exit_status const status_of_qemu = co_await machine.async_wait(asio::deferred);
    BOOST_TEST((status_of_qemu == coqmp::exit_status{0, 0}));
}
