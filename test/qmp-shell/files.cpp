// The files that the shell opens: the log, the history, the files of a command. Whatever the file is, the shell neither waits
// forever nor writes secrets where other users can read them.
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/temporary_directory.hpp"
#include "terminal/history.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace unit_test = boost::unit_test;
using namespace qmp_shell::test;
using qmp_shell::history;

namespace {

struct files_fixture : qemu_fixture
{
    std::filesystem::path const file = qemu.directory() / "file";

    outcome log_to(std::filesystem::path const& where) { return ask({"-l", where.native(), "-c", "query-status"}); }

    void write(std::string const& text, ::mode_t mode) const
    {
        std::ofstream(file) << text;
        BOOST_REQUIRE(::chmod(file.c_str(), mode) == 0);
    }
};

::mode_t mode_of(std::filesystem::path const& path)
{
    struct ::stat about{};
    BOOST_REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777U;
}

boost::test_tools::assertion_result is_root(unit_test::test_unit_id)
{
    return ::geteuid() == 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(logfiles, files_fixture)

BOOST_AUTO_TEST_CASE(a_logfile_that_is_a_pipe_is_refused_at_once)
{
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    outcome const came = log_to(file);
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.output == "");
    BOOST_TEST(came.errors == "qmp-shell: cannot write to the log file " + file.native() + ": it is not a regular file\n");
}

BOOST_AUTO_TEST_CASE(a_logfile_that_is_a_pipe_is_refused_with_a_reader_too)
{
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    std::fstream const both_ends(file);
    BOOST_TEST(contains(log_to(file).errors, "it is not a regular file"));
}

BOOST_AUTO_TEST_CASE(a_logfile_that_is_a_device_is_refused)
{
    outcome const came = log_to("/dev/null");
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "the log file /dev/null: it is not a regular file\n"));
}

BOOST_AUTO_TEST_CASE(a_logfile_that_is_a_link_is_refused_and_what_it_leads_to_is_left_alone)
{
    write("mine\n", 0600);
    std::filesystem::path const link = qemu.directory() / "link";
    std::filesystem::create_symlink(file, link);
    outcome const came = log_to(link);
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "it is a symbolic link"));
    BOOST_TEST(content(file) == "mine\n");
    std::filesystem::path const dangling = qemu.directory() / "dangling";
    std::filesystem::create_symlink(qemu.directory() / "nothing", dangling);
    BOOST_TEST(log_to(dangling).status == 2);
    BOOST_TEST(!std::filesystem::exists(qemu.directory() / "nothing"));
}

BOOST_AUTO_TEST_CASE(a_logfile_that_others_can_read_is_refused_and_left_as_it_is)
{
    for (::mode_t const mode : {0666U, 0640U, 0604U, 0602U}) {
        write("mine\n", mode);
        outcome const came = log_to(file);
        BOOST_TEST(came.status == 2);
        BOOST_TEST(contains(came.errors, "other users have access to it: chmod 600 " + file.native()));
        BOOST_TEST(content(file) == "mine\n");
        BOOST_TEST(mode_of(file) == mode);
    }
}

BOOST_AUTO_TEST_CASE(a_private_logfile_is_appended_to)
{
    write("mine\n", 0600);
    BOOST_TEST(log_to(file).status == 0);
    BOOST_TEST(content(file).starts_with("mine\n"));
    BOOST_TEST(contains(content(file), "query-status"));
}

BOOST_AUTO_TEST_CASE(a_logfile_of_another_user_is_refused, *unit_test::precondition(is_root))
{
    write("theirs\n", 0600);
    BOOST_REQUIRE(::chown(file.c_str(), 1, 1) == 0);
    outcome const came = log_to(file);
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "it belongs to another user"));
    BOOST_TEST(content(file) == "theirs\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(files_that_travel, files_fixture)

BOOST_AUTO_TEST_CASE(a_pipe_without_a_reader_is_refused_at_once)
{
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    outcome const came = ask({"-c", "getfd --fd:wo a=" + file.native()});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "cannot open " + file.native()));
}

BOOST_AUTO_TEST_CASE(a_pipe_without_a_writer_is_handed_over_at_once)
{
    BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    BOOST_TEST(ask({"-c", "getfd --fd:ro a=" + file.native()}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_node_that_only_reads_can_have_a_file)
{
    write(std::string(65536, '\0'), 0600);
    std::string const node = "blockdev-add driver=file node-name=n read-only=on filename=/dev/fdset/1";
    outcome const refused = ask({"-c", "add-fd --fd a=" + file.native() + " fdset-id=1", "-c", node});
    BOOST_TEST(refused.status == 1);  // QEMU requires a descriptor that can only read
    outcome const came = ask({"-c", "add-fd --fd:ro a=" + file.native() + " fdset-id=1", "-c", node});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
}

BOOST_AUTO_TEST_CASE(a_mode_that_the_command_cannot_use_is_refused)
{
    write("", 0600);
    outcome const came = ask({"-c", "migrate --fd:ro out=" + file.native() + " uri=fd:out"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(contains(came.errors, "migrate writes, and --fd:ro opens " + file.native() + " for reading"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(private_history)

BOOST_AUTO_TEST_CASE(a_history_that_others_could_read_becomes_private)
{
    coqmp::test::temporary_directory const directory;
    std::filesystem::path const file = directory.path() / "history";
    std::ofstream(file) << "query-status\n";
    BOOST_REQUIRE(::chmod(file.c_str(), 0666) == 0);
    history past(file);
    BOOST_TEST(past.lines().size() == 1U);
    past.add("set_password protocol=vnc password=secret");
    BOOST_TEST(mode_of(file) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_history_of_another_user_is_left_alone, *unit_test::precondition(is_root))
{
    coqmp::test::temporary_directory const directory;
    std::filesystem::path const file = directory.path() / "history";
    std::ofstream(file) << "system_reset\n";
    BOOST_REQUIRE(::chown(file.c_str(), 1, 1) == 0);
    history past(file);
    BOOST_TEST(past.lines().empty());
    BOOST_TEST(past.add("cont"));
    BOOST_TEST(content(file) == "system_reset\n");
}

BOOST_AUTO_TEST_CASE(a_history_that_is_a_link_stays_one)
{
    coqmp::test::temporary_directory const directory;
    std::filesystem::path const file = directory.path() / "elsewhere";
    std::filesystem::path const link = directory.path() / "history";
    {
        std::ofstream many(file);
        for (std::size_t line = 0; line <= history::most_lines; ++line)
            many << "query-status " << line << '\n';
    }
    std::filesystem::create_symlink("elsewhere", link);
    history const past(link);
    BOOST_TEST(past.lines().size() == history::most_lines);
    BOOST_TEST(std::filesystem::is_symlink(link));
    BOOST_TEST(content(file).starts_with("query-status 1\n"));
}

BOOST_AUTO_TEST_SUITE_END()
