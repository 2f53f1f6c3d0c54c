// The file of a listener's socket when other programs work in its directory: their locks stop no listener, and of several
// listeners that start at once one gets the address.
#include <coqmp/error.hpp>
#include <coqmp/listener.hpp>

#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::test::contains;
using coqmp::test::temporary_directory;

namespace {

/// What another program does just before a system call of the library; empty: nothing.
std::function<void()> before_unlink;
std::function<void()> before_flock;

/// Something that happens once, just before a system call.
class intrusion
{
public:
    intrusion(std::function<void()>& when, std::function<void()> what) : when_(when) { when_ = std::move(what); }
    intrusion(intrusion const&) = delete;
    intrusion& operator=(intrusion const&) = delete;
    ~intrusion() { BOOST_TEST(!when_, "there was no such call"); }

    static void happen(std::function<void()>& when)
    {
        if (auto const what = std::exchange(when, nullptr))
            what();
    }

private:
    std::function<void()>& when_;
};

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

/// A lock on a file or directory: any user who may read it can take one.
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
    std::optional<listener> another;

    void listen() { door.emplace(context.get_executor(), where); }

    /// @return the error of a listener that is rejected; nothing if it is not
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

    std::string refusal_of_another()
    {
        try {
            another.emplace(context.get_executor(), where);
        } catch (boost::system::system_error const& error) {
            BOOST_TEST((error.code() == errc::address_in_use));
            return error.what();
        }
        return {};
    }
};

}  // namespace

// The program's own versions come before libc's.
extern "C" {

int unlink(char const* path) noexcept
{
    intrusion::happen(before_unlink);
    return ::unlinkat(AT_FDCWD, path, 0);
}

int flock(int number, int operation) noexcept
{
    intrusion::happen(before_flock);
    return static_cast<int>(::syscall(SYS_flock, number, operation));
}

}  // extern "C"

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
    // The lock file of a program that was killed meanwhile does not matter.
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

// Each starter removes only what is stale, whatever another does between its steps.
BOOST_AUTO_TEST_CASE(belongs_to_one_of_two_starters_also_if_the_second_comes_just_before_the_first_removes_a_stale_one)
{
    leave_stale_socket(path);
    std::string second_refusal;
    {
        intrusion const second(before_unlink, [&] { second_refusal = refusal_of_another(); });
        listen();
    }
    BOOST_TEST(contains(second_refusal, "replacing"));
    BOOST_TEST(can_be_connected_to(path));
    BOOST_TEST(files_in(directory.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(belongs_to_the_second_starter_if_the_first_has_only_seen_a_stale_one)
{
    leave_stale_socket(path);
    std::optional<listener> second;
    {
        intrusion const faster(before_flock, [&] { second.emplace(context.get_executor(), where); });
        BOOST_TEST(contains(refusal(), "listening"));
    }
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST(can_be_connected_to(path));
    BOOST_TEST(files_in(directory.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(is_not_stale_to_a_starter_while_its_listener_closes)
{
    listen();
    std::string starter_refusal;
    {
        intrusion const starter(before_unlink, [&] { starter_refusal = refusal_of_another(); });
        door->close();
    }
    BOOST_TEST(contains(starter_refusal, "listening"));
    listen();  // replaces the closed one
    BOOST_TEST(can_be_connected_to(path));
}

BOOST_AUTO_TEST_SUITE_END()
