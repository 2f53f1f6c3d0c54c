// The file of a listener's socket when others are at work in its directory: no lock of theirs stops a listener, and of several
// that start at once one gets the address.
#include <coqmp/error.hpp>
#include <coqmp/listener.hpp>

#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::test::temporary_directory;

namespace {

using unix_address = asio::local::stream_protocol::endpoint;

/// Leaves the file of a socket whose owner is gone.
void leave_stale_socket(std::filesystem::path const& path)
{
    int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unix_address const address(path.string());
    BOOST_REQUIRE(::bind(number, address.data(), static_cast<::socklen_t>(address.size())) == 0);
    ::close(number);
}

bool can_be_connected_to(std::filesystem::path const& path)
{
    int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unix_address const address(path.string());
    bool const connected = ::connect(number, address.data(), static_cast<::socklen_t>(address.size())) == 0;
    ::close(number);
    return connected;
}

/// A lock on a file or directory, as any user can take it who may read it.
class held_lock
{
public:
    held_lock(std::filesystem::path const& path, int kind, int flags = O_RDONLY, ::mode_t mode = 0)
        : number_(::open(path.c_str(), flags | O_CLOEXEC, mode))
    {
        BOOST_REQUIRE(number_ >= 0);
        BOOST_REQUIRE(::flock(number_, kind | LOCK_NB) == 0);
    }
    held_lock(held_lock const&) = delete;
    held_lock& operator=(held_lock const&) = delete;
    ~held_lock() { ::close(number_); }

private:
    int number_;
};

std::size_t files_in(std::filesystem::path const& directory)
{
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& each : std::filesystem::directory_iterator(directory))
        ++count;
    return count;
}

struct fixture
{
    asio::io_context context{1};
    temporary_directory directory;
    std::filesystem::path path = directory.path() / "monitor";
    std::filesystem::path lock_file = directory.path() / ".monitor.coqmp-lock";
    endpoint where = endpoint::unix_socket(path);

    std::optional<listener> door;

    void listen() { door.emplace(context.get_executor(), where); }

    /// @return what a listener that is refused says
    std::string refusal()
    {
        try {
            listen();
        } catch (boost::system::system_error const& error) {
            BOOST_TEST((error.code() == errc::address_in_use));
            return error.what();
        }
        return {};
    }
};

bool contains(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_file_of_a_listener, fixture, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(is_bound_and_removed_while_another_holds_a_lock_on_the_directory)
{
    held_lock const others(directory.path(), LOCK_SH);
    listen();
    door->close();
    BOOST_TEST(!std::filesystem::exists(path));
    listen();
    door.reset();
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(replaces_a_stale_one_while_another_holds_a_lock_on_the_directory)
{
    leave_stale_socket(path);
    held_lock const others(directory.path(), LOCK_EX);
    listen();
    BOOST_TEST(can_be_connected_to(path));
}

BOOST_AUTO_TEST_CASE(leaves_no_other_file_behind)
{
    leave_stale_socket(path);
    listen();
    BOOST_TEST(files_in(directory.path()) == 1U);
    door.reset();
    BOOST_TEST(files_in(directory.path()) == 0U);
}

BOOST_AUTO_TEST_CASE(is_not_taken_while_another_listener_replaces_it)
{
    leave_stale_socket(path);
    {
        held_lock const other_starter(lock_file, LOCK_EX, O_RDWR | O_CREAT, 0600);
        BOOST_TEST(contains(refusal(), "replacing"));
        BOOST_TEST(std::filesystem::exists(path));
    }
    // The lock file of a program that was killed meanwhile is no obstacle.
    listen();
    BOOST_TEST(can_be_connected_to(path));
    BOOST_TEST(!std::filesystem::exists(lock_file));
}

BOOST_AUTO_TEST_CASE(is_not_taken_under_a_lock_that_other_users_can_hold)
{
    leave_stale_socket(path);
    std::ofstream(lock_file) << "open to all";
    std::filesystem::permissions(lock_file, std::filesystem::perms(0644));
    BOOST_TEST(contains(refusal(), lock_file.native()));
    BOOST_TEST(std::filesystem::exists(path));
    BOOST_TEST(std::filesystem::exists(lock_file));
}

BOOST_AUTO_TEST_CASE(is_not_taken_under_a_lock_whose_name_is_a_symbolic_link)
{
    leave_stale_socket(path);
    std::filesystem::create_symlink("elsewhere", lock_file);
    BOOST_TEST(contains(refusal(), lock_file.native()));
    BOOST_TEST(!std::filesystem::exists(directory.path() / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(belongs_to_one_of_those_that_start_at_once_in_place_of_a_stale_one)
{
    constexpr int starters = 3;
    for (int round = 0; round < 100; ++round) {
        leave_stale_socket(path);
        std::vector<std::optional<listener>> doors(starters);
        std::barrier start(starters);
        std::atomic<int> refused = 0;
        std::vector<std::thread> threads;
        for (std::optional<listener>& mine : doors)
            threads.emplace_back([&] {
                start.arrive_and_wait();
                try {
                    mine.emplace(context.get_executor(), where);
                } catch (boost::system::system_error const& error) {
                    refused += error.code() == errc::address_in_use ? 1 : 0;
                }
            });
        for (std::thread& each : threads)
            each.join();
        BOOST_REQUIRE(refused == starters - 1);
        BOOST_REQUIRE(can_be_connected_to(path));
        doors.clear();
        BOOST_REQUIRE(files_in(directory.path()) == 0U);
    }
}

BOOST_AUTO_TEST_CASE(of_one_that_closes_is_not_lost_to_one_that_starts)
{
    for (int round = 0; round < 100; ++round) {
        listen();
        std::barrier start(2);
        std::optional<listener> next;
        std::thread starter([&] {
            start.arrive_and_wait();
            while (!next) {
                try {
                    next.emplace(context.get_executor(), where);
                } catch (boost::system::system_error const&) {
                    std::this_thread::yield();  // the address is in use until the other has closed
                }
            }
        });
        start.arrive_and_wait();
        door->close();
        starter.join();
        BOOST_REQUIRE(can_be_connected_to(path));
        next.reset();
        BOOST_REQUIRE(!std::filesystem::exists(path));
    }
}

BOOST_AUTO_TEST_SUITE_END()
