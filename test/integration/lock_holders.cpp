// Who holds the locks of several files: processes that have inherited them, and one look at all processes for all files.
#include "machine/lock_holder.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

using namespace coqmp;
using namespace coqmp::detail;

namespace {

/// A process that has inherited the lock of a file, until the end of the test.
class holder
{
public:
    explicit holder(std::string const& file)
    {
        descriptor const locked(::open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
        BOOST_REQUIRE(::flock(locked.number(), LOCK_EX | LOCK_NB) == 0);
        process_ = ::fork();
        BOOST_REQUIRE(process_ >= 0);
        if (process_ == 0)
            for (;;)
                ::pause();
    }
    holder(holder const&) = delete;
    holder& operator=(holder const&) = delete;
    ~holder() { end(); }

    void end()
    {
        if (process_ <= 0)
            return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = 0;
    }
    [[nodiscard]] ::pid_t process() const noexcept { return process_; }

private:
    ::pid_t process_ = 0;
};

struct fixture
{
    test::temporary_directory directory;
    lock_holders holders{directory.path().native()};

    [[nodiscard]] std::string file(char const* machine) const
    {
        std::filesystem::path const folder = directory.path() / machine;
        std::filesystem::create_directories(folder);
        return (folder / "lock").native();
    }
    [[nodiscard]] ::pid_t holder_of(char const* machine)
    {
        auto const found = holders.of(file(machine));
        return found ? found->number : 0;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(holders_of_locks, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(are_found_for_many_files_in_one_search)
{
    holder const a(file("a"));
    holder const b(file("b"));
    holder const c(file("c"));
    BOOST_TEST(holder_of("a") == a.process());
    BOOST_TEST(holder_of("b") == b.process());
    BOOST_TEST(holder_of("c") == c.process());
    BOOST_TEST(holder_of("b") == b.process());
    BOOST_TEST(holders.searches() == 1U);
    BOOST_TEST(holder_of_lock(file("b")).value().number == b.process());
}

BOOST_AUTO_TEST_CASE(are_not_looked_for_if_a_file_is_not_locked)
{
    BOOST_TEST(holder_of("a") == 0);
    BOOST_TEST(holders.searches() == 0U);
}

BOOST_AUTO_TEST_CASE(that_have_come_or_gone_since_the_last_search_are_found)
{
    holder a(file("a"));
    BOOST_TEST(holder_of("a") == a.process());
    a.end();
    BOOST_TEST(holder_of("a") == 0);
    holder const later(file("a"));
    BOOST_TEST(holder_of("a") == later.process());
    BOOST_TEST(holders.searches() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
