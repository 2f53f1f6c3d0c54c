// A listener's address: bound safely, and gone afterwards.
#include <coqmp/listener.hpp>

#include "support/acceptance.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/unix_socket.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace asio = boost::asio;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::listener_options;
using namespace coqmp::test;

namespace {

auto refusal(errc code, std::string part)
{
    return [code, part = std::move(part)](boost::system::system_error const& error) {
        BOOST_TEST_INFO(error.what());
        return error.code() == code && std::string(error.what()).find(part) != std::string::npos;
    };
}

struct fixture
{
    asio::io_context context{1};
    temporary_directory directory;
    std::filesystem::path path = directory.path() / "monitor";
    endpoint where = endpoint::unix_socket(path);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listener_test, fixture, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(socket_is_private_whatever_the_umask)
{
    ::mode_t const before = ::umask(0);
    listener const door(context.get_executor(), where);
    ::umask(before);
    struct ::stat found;
    BOOST_REQUIRE(::lstat(path.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777) == 0600U);
    BOOST_TEST(S_ISSOCK(found.st_mode));
}

BOOST_AUTO_TEST_CASE(file_of_a_dead_owner_is_replaced)
{
    ::close(bound_socket(path));
    listener const door(context.get_executor(), where);
    ::close(connected_socket(path));
}

BOOST_AUTO_TEST_CASE(live_listener_keeps_its_socket_and_is_not_disturbed)
{
    listener door(context.get_executor(), where);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, path.native()));
    BOOST_TEST(std::filesystem::exists(path));
    acceptance first;
    door.async_accept(first.handler());
    context.poll();
    BOOST_TEST(!first.done);  // a probe would have been taken for a guest
    door.close();
    context.run();
    BOOST_TEST(first.error == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(assigning_to_a_listener_closes_the_one_that_was_there)
{
    std::filesystem::path const other = path.native() + ".other";
    listener door(context.get_executor(), where);
    acceptance first;
    door.async_accept(first.handler());
    door = listener(context.get_executor(), endpoint::unix_socket(other));
    context.run();
    BOOST_TEST(first.error == asio::error::operation_aborted);
    BOOST_TEST(!std::filesystem::exists(path));
    BOOST_TEST(std::filesystem::exists(other));
}

BOOST_AUTO_TEST_CASE(socket_that_is_bound_but_does_not_listen_yet_is_not_robbed)
{
    int const other = bound_socket(path);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, path.native()));
    ::close(other);
}

BOOST_AUTO_TEST_CASE(regular_file_is_refused_and_kept)
{
    std::ofstream(path) << "precious";
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, "not a socket"));
    BOOST_TEST(std::filesystem::file_size(path) == 8U);
}

BOOST_AUTO_TEST_CASE(symbolic_link_is_refused_and_kept)
{
    std::filesystem::create_symlink("elsewhere", path);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, "not a socket"));
    BOOST_TEST(std::filesystem::is_symlink(path));
}

BOOST_AUTO_TEST_CASE(missing_directory_is_named)
{
    endpoint const nowhere = endpoint::unix_socket(directory.path() / "none" / "monitor");
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), nowhere), boost::system::system_error,
                          [&](boost::system::system_error const& error) {
                              return error.code() == boost::system::errc::no_such_file_or_directory &&
                                     std::string(error.what()).find(nowhere.path()) != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(own_file_is_unlinked_at_the_end)
{
    {
        listener const door(context.get_executor(), where);
        BOOST_TEST(std::filesystem::exists(path));
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(file_of_another_is_not_unlinked_at_the_end)
{
    int other = -1;
    {
        listener const door(context.get_executor(), where);
        std::filesystem::rename(path, directory.path() / "moved");
        other = bound_socket(path);
    }
    BOOST_TEST(std::filesystem::exists(path));
    ::close(other);
}

BOOST_AUTO_TEST_CASE(descriptor_is_not_an_address_to_listen_on)
{
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), endpoint::descriptor(0)), boost::system::system_error,
                          refusal(errc::invalid_endpoint, "fd:0"));
}

BOOST_AUTO_TEST_CASE(peer_cannot_be_demanded_over_tcp)
{
    listener_options options;
    options.peer_user = ::getuid();
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), endpoint::tcp("127.0.0.1", 0), options), boost::system::system_error,
                          refusal(errc::invalid_endpoint, "TCP"));
}

BOOST_AUTO_TEST_CASE(tcp_port_is_chosen_and_reported)
{
    listener const door(context.get_executor(), endpoint::tcp("127.0.0.1", 0));
    BOOST_TEST(door.local_endpoint().host() == "127.0.0.1");
    BOOST_TEST(door.local_endpoint().port() != 0);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), door.local_endpoint()), boost::system::system_error,
                          refusal(errc::address_in_use, "127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(a_star_listens_on_every_address)
{
    listener const door(context.get_executor(), endpoint::parse("*:0"));
    std::uint16_t const port = door.local_endpoint().port();
    BOOST_TEST(door.local_endpoint().to_string() == "tcp:*:" + std::to_string(port));
    BOOST_TEST(door.qemu_arguments().at(1) == "socket,id=coqmp-monitor,host=127.0.0.1,port=" + std::to_string(port));
    boost::asio::ip::tcp::socket client(context);
    client.connect(boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
    client.close();
    boost::system::error_code none;
    client.connect({boost::asio::ip::make_address("127.0.0.2"), port}, none);
    BOOST_TEST(!none);
    client.close();
    boost::asio::ip::tcp::acceptor probe(context);
    probe.open(boost::asio::ip::tcp::v6(), none);
    if (!none)
        probe.bind({boost::asio::ip::address_v6::loopback(), 0}, none);
    if (!none) {  // this host has IPv6
        client.connect({boost::asio::ip::address_v6::loopback(), port}, none);
        BOOST_TEST(!none);
    }
}

BOOST_AUTO_TEST_CASE(a_star_is_refused_where_another_program_has_the_port)
{
    boost::asio::ip::tcp::acceptor const other(context, boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::any(), 0));
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), endpoint::tcp("*", other.local_endpoint().port())),
                          boost::system::system_error, refusal(errc::address_in_use, "tcp:*:"));
}

BOOST_AUTO_TEST_CASE(arguments_double_commas_and_replace_the_wildcard)
{
    listener const door(context.get_executor(), endpoint::unix_socket(directory.path() / "a,b"));
    std::vector<std::string> const arguments = door.qemu_arguments("m1");
    BOOST_TEST(arguments.at(1) == "socket,id=m1,path=" + directory.path().native() + "/a,,b");
    BOOST_TEST(arguments.at(3) == "chardev=m1,mode=control");
    BOOST_TEST(door.qemu_arguments("a,server=on").at(1).starts_with("socket,id=a,,server=on,path="));
    BOOST_TEST(door.qemu_arguments("a,server=on").at(3) == "chardev=a,,server=on,mode=control");
    listener const everywhere(context.get_executor(), endpoint::tcp("0.0.0.0", 0));
    BOOST_TEST(everywhere.qemu_arguments().at(1) ==
               "socket,id=coqmp-monitor,host=127.0.0.1,port=" + std::to_string(everywhere.local_endpoint().port()));
}

BOOST_AUTO_TEST_SUITE_END()
