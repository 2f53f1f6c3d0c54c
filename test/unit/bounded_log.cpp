// The log of a machine does not fill the disk.
#include "supervisor/bounded_log.hpp"

#include "process/helper_thread.hpp"
#include "process/output_file.hpp"
#include "support/simulated_time.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
using namespace coqmp::detail;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t limit = 100;

std::string text_in(std::string const& path)
{
    std::string text;
    std::getline(std::ifstream(path), text, '\0');
    return text;
}

struct fixture
{
    temporary_directory folder;
    std::string const path = folder.path() / "log";
    std::string const older = path + ".1";
    /// As QEMU has it.
    unique_fd const writer = open_for_appending(path);

    void write(std::string_view text) const
    {
        BOOST_REQUIRE(::write(writer.number(), text.data(), text.size()) == static_cast<::ssize_t>(text.size()));
    }
};

/// A log that is checked as time passes.
struct watching : fixture
{
    asio::io_context context;
    simulated_time& time = simulate_time(context.get_executor());
    std::shared_ptr<revocable_executor> home = std::make_shared<revocable_executor>(context.get_executor());
    std::shared_ptr<bounded_log> log = make(limit);

    [[nodiscard]] std::shared_ptr<bounded_log> make(std::uint64_t bytes)
    {
        return std::make_shared<bounded_log>(context.get_executor(), home, path, bytes, nullptr);
    }

    ~watching()
    {
        helper_thread::for_files().catch_up();
        home->revoke();
    }

    void settle()
    {
        helper_thread::for_files().catch_up();
        context.restart();
        context.poll();
    }

    void pass(std::chrono::seconds duration)
    {
        time.advance(duration);
        context.restart();
        context.poll();
        settle();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_log, fixture)

BOOST_AUTO_TEST_CASE(stays_as_it_is_while_it_is_short)
{
    write(std::string(limit, 'a'));
    BOOST_TEST(!shorten_log(path, limit));
    BOOST_TEST(text_in(path).size() == limit);
    BOOST_TEST(!std::filesystem::exists(older));
}

BOOST_AUTO_TEST_CASE(is_emptied_when_it_is_long_and_its_end_is_kept)
{
    std::ofstream(older) << "what was kept before";
    write(std::string(1000, 'a'));
    write(std::string(limit, 'b'));
    BOOST_TEST(shorten_log(path, limit));
    BOOST_TEST(text_in(path).empty());
    BOOST_TEST(text_in(older) == std::string(limit, 'b'));
    write("c");  // the writer goes on
    BOOST_TEST(text_in(path) == "c");
    struct ::stat found = {};
    BOOST_TEST(::stat(older.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777U) == 0600U);
}

// A hostile QEMU may do with its descriptor what it likes.
BOOST_AUTO_TEST_CASE(is_emptied_when_its_writer_has_made_it_huge_or_has_reserved_space)
{
    BOOST_REQUIRE(::ftruncate(writer.number(), ::off_t{1} << 40) == 0);
    BOOST_TEST(shorten_log(path, limit));
    BOOST_TEST(std::filesystem::file_size(path) == 0U);
    BOOST_TEST(std::filesystem::file_size(older) == limit);

    if (::fallocate(writer.number(), FALLOC_FL_KEEP_SIZE, 0, 8 << 20) != 0)
        return;  // this file system cannot do that
    BOOST_TEST(shorten_log(path, limit));
    struct ::stat found = {};
    BOOST_TEST(::stat(path.c_str(), &found) == 0);
    BOOST_TEST(found.st_blocks < 100);
}

BOOST_AUTO_TEST_CASE(is_emptied_even_if_its_end_cannot_be_kept)
{
    std::filesystem::create_directories(older + "/in-the-way");
    write(std::string(1000, 'a'));
    BOOST_TEST(shorten_log(path, limit));
    BOOST_TEST(text_in(path).empty());
}

BOOST_AUTO_TEST_CASE(is_left_alone_if_it_is_no_file)
{
    std::filesystem::rename(path, folder.path() / "another");
    BOOST_TEST(!shorten_log(path, limit));
    write(std::string(1000, 'a'));
    std::filesystem::create_symlink(folder.path() / "another", path);
    BOOST_TEST(!shorten_log(path, limit));
    BOOST_TEST(text_in(folder.path() / "another").size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_log_of_a_machine, watching)

BOOST_AUTO_TEST_CASE(is_checked_every_ten_seconds_and_more_often_while_it_is_too_long)
{
    write(std::string(1000, 'a'));
    log->watch();
    settle();
    BOOST_TEST(text_in(path).empty());
    write(std::string(1000, 'b'));
    pass(1s);
    BOOST_TEST(text_in(path).empty());
    pass(1s);
    write(std::string(1000, 'c'));
    pass(9s);
    BOOST_TEST(text_in(path).size() == 1000U);
    pass(1s);
    BOOST_TEST(text_in(path).empty());
    BOOST_TEST(text_in(older) == std::string(limit, 'c'));
}

BOOST_AUTO_TEST_CASE(is_checked_when_its_machine_ends_and_not_later)
{
    log->watch();
    settle();
    write(std::string(1000, 'a'));
    log->finish();
    settle();
    BOOST_TEST(text_in(path).empty());
    write(std::string(1000, 'b'));
    pass(100s);
    BOOST_TEST(text_in(path).size() == 1000U);
}

BOOST_AUTO_TEST_CASE(is_left_to_the_next_supervisor)
{
    log->watch();
    settle();
    log->leave();
    write(std::string(1000, 'a'));
    pass(100s);
    BOOST_TEST(text_in(path).size() == 1000U);
}

BOOST_AUTO_TEST_CASE(may_grow_without_limit_if_its_owner_says_so)
{
    write(std::string(1000, 'a'));
    auto const unlimited = make(0);
    unlimited->watch();
    settle();
    pass(100s);
    BOOST_TEST(text_in(path).size() == 1000U);
}

BOOST_AUTO_TEST_CASE(may_be_destroyed_while_it_is_checked)
{
    write(std::string(1000, 'a'));
    log->watch();
    log.reset();
    settle();
    BOOST_TEST(text_in(path).empty());
}

BOOST_AUTO_TEST_SUITE_END()
