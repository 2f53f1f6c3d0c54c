// A guest_agent and the real qemu-ga of this machine. Only harmless commands: it would shut down, suspend or freeze this machine.
#include "support/real_agent.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/guest_agent.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using namespace coqmp::test;
using boost::system::system_error;
using coqmp::guest_program;

COROUTINE_TEST_CASE(it_answers_and_says_what_it_knows)
{
    real_agent const guest;
    coqmp::guest_agent client(co_await this_coro::executor);
    co_await client.async_connect(guest.address(), asio::deferred);
    co_await client.ping();
    auto const information = co_await client.info();
    BOOST_TEST(information.is_enabled("guest-ping"));
    BOOST_TEST(!information.supports("guest-nonsense"));
    json::value const interfaces = co_await client.execute("guest-network-get-interfaces");
    BOOST_TEST(interfaces.is_array());
}

COROUTINE_TEST_CASE(it_runs_programs)
{
    real_agent const guest;
    coqmp::guest_agent client(co_await this_coro::executor);
    co_await client.async_connect(guest.address(), asio::deferred);
    std::string const bytes("\0\xff\n\"", 4);
    auto const cat = co_await client.exec(guest_program("/bin/cat").input(bytes));
    BOOST_TEST(cat.succeeded());
    BOOST_TEST(cat.output == bytes);
    auto const shell =
        co_await client.exec(guest_program("/bin/sh").argument("-c").argument("echo $A >&2; exit 7").environment("A", "b c"));
    BOOST_TEST(shell.exit_code.value() == 7);
    BOOST_TEST(shell.error == "b c\n");
    auto const killed = co_await client.exec(guest_program("/bin/sh").argument("-c").argument("kill -9 $$"));
    BOOST_TEST(killed.signal.value() == 9);
    bool failed = false;
    try {
        static_cast<void>(co_await client.exec("/no/such/program"));
    } catch (coqmp::command_failed const& failure) {
        failed = failure.command() == "guest-exec";
    }
    BOOST_TEST(failed);
}

COROUTINE_TEST_CASE(it_writes_and_reads_files)
{
    real_agent const guest;
    temporary_directory const directory;
    std::string const path = (directory.path() / "file").string();
    coqmp::guest_agent client(co_await this_coro::executor);
    co_await client.async_connect(guest.address(), asio::deferred);
    std::string content;
    for (int index = 0; index < 500'000; ++index)
        content += static_cast<char>(index * 7 + index / 256);
    co_await client.write_file(path, content);
    std::string const read = co_await client.read_file(path);
    BOOST_TEST((read == content));
    co_await client.write_file(path, "xyz", 300'000);
    std::string const part = co_await client.read_file(path, 299'999, 5);
    BOOST_TEST((part == content[299'999] + std::string("xyz") + content[300'003]));
    co_await client.write_file(path, "");
    std::string const empty = co_await client.read_file(path);
    BOOST_TEST(empty.empty());
    bool failed = false;
    try {
        static_cast<void>(co_await client.read_file("/no/such/file"));
    } catch (coqmp::command_failed const& failure) {
        failed = failure.command().starts_with("guest-file-open");
    }
    BOOST_TEST(failed);
}

COROUTINE_TEST_CASE(it_is_usable_after_a_client_that_left_half_a_command)
{
    real_agent const guest;
    auto const executor = co_await this_coro::executor;
    asio::local::stream_protocol::socket raw(executor);
    raw.connect(asio::local::stream_protocol::endpoint(guest.address().path()));
    asio::write(raw, asio::buffer(std::string_view(R"({"execute":"guest-info"}{"execute":"gue)")));
    coqmp::guest_agent client(executor);
    co_await client.async_connect(coqmp::endpoint::descriptor(coqmp::descriptor(raw.release())), asio::deferred);
    json::value const pong = co_await client.execute("guest-ping");
    BOOST_TEST(pong == json::value(json::object()));
}
