// Which files a daemon believes.
#include "daemon/configuration/trusted_file.hpp"
#include "daemon/configuration/configuration.hpp"
#include "daemon/configuration/value_readers.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace coqmp_daemon;

namespace {

constexpr ::uid_t another_user = 54321;

/// A file in a directory of its own.
class file
{
public:
    explicit file(std::string const& contents = "text") : path_(directory_.path() / "f.toml")
    {
        std::ofstream(path_) << contents;
        mode(0600);
    }

    void mode(::mode_t permissions) const { BOOST_REQUIRE(::chmod(path().c_str(), permissions) == 0); }
    void directory_mode(::mode_t permissions) const { BOOST_REQUIRE(::chmod(directory().c_str(), permissions) == 0); }
    [[nodiscard]] std::string path() const { return path_.native(); }
    [[nodiscard]] std::string directory() const { return directory_.path().native(); }

private:
    coqmp::test::temporary_directory directory_;
    std::filesystem::path path_;
};

/// What is said about a file.
std::string refusal(std::string const& path, ::uid_t us = ::geteuid())
{
    try {
        return "accepted: " + read_trusted_file(path, us);
    } catch (configuration_error const& error) {
        return error.what();
    }
}

struct ::stat facts(::mode_t mode, ::uid_t owner)
{
    struct ::stat result = {};
    result.st_mode = mode;
    result.st_uid = owner;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trusted_files, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_file_that_others_can_only_read_is_trusted)
{
    file const ours;
    for (::mode_t const permissions : {0600U, 0644U, 0444U}) {
        ours.mode(permissions);
        BOOST_TEST(refusal(ours.path()) == "accepted: text");
    }
    ours.directory_mode(0755);
    BOOST_TEST(refusal(ours.path()) == "accepted: text");
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_write_to_is_refused_with_the_remedy)
{
    file const ours;
    std::string const path = ours.path();
    ours.mode(0620);
    BOOST_TEST(refusal(path) == path + ": it can be changed by its group; to trust it: chmod go-w " + path);
    ours.mode(0602);
    BOOST_TEST(refusal(path) == path + ": it can be changed by every user; to trust it: chmod go-w " + path);
}

BOOST_AUTO_TEST_CASE(a_file_in_a_directory_that_others_can_write_to_is_refused)
{
    file const ours;
    std::string const path = ours.path();
    std::string const directory = ours.directory();
    ours.directory_mode(0770);
    std::string const expected =
        path + ": its directory " + directory + " can be changed by its group; to trust it: chmod go-w " + directory;
    BOOST_TEST(refusal(path) == expected);
    ours.mode(0666);
    BOOST_TEST(refusal(path) == path + ": it can be changed by every user; to trust it: chmod go-w " + path + '\n' + expected);
}

BOOST_AUTO_TEST_CASE(a_sticky_directory_protects_its_files)
{
    file const ours;
    ours.directory_mode(01777);
    BOOST_TEST(refusal(ours.path()) == "accepted: text");
}

BOOST_AUTO_TEST_CASE(the_owner_of_a_file_is_root_or_the_user_who_runs_the_daemon)
{
    constexpr ::uid_t us = 1234;
    BOOST_TEST(find_distrust("/f", facts(S_IFREG | 0644, 0), us) == "");
    BOOST_TEST(find_distrust("/f", facts(S_IFREG | 0644, us), us) == "");
    BOOST_TEST(find_distrust("/f", facts(S_IFREG | 0644, another_user), us) ==
               "it belongs to user 54321, who could change it; to trust it: chown 1234 /f");
    BOOST_TEST(find_distrust("/f", facts(S_IFREG | 0644, us), 0).ends_with(", who could change it; to trust it: chown root /f"));
    BOOST_TEST(find_distrust("/d e", facts(S_IFDIR | S_ISVTX | 0777, another_user), 0) ==
               "its directory /d e belongs to user 54321, who could change it; to trust it: chown root '/d e'");
    BOOST_TEST(find_distrust("/f", facts(S_IFREG | 0666 | S_ISVTX, us), us) ==
               "it can be changed by every user; to trust it: chmod go-w /f");
}

BOOST_AUTO_TEST_CASE(a_real_file_of_another_user_is_refused)
{
    file const ours;
    std::string const path = ours.path();
    if (::geteuid() != 0) {
        // We cannot give a file away, but we can be another user to the function.
        BOOST_TEST(refusal(path, another_user).starts_with(path + ": it belongs to user "));
        return;
    }
    BOOST_REQUIRE(::chown(path.c_str(), another_user, 0) == 0);
    BOOST_TEST(refusal(path) == path + ": it belongs to user 54321, who could change it; to trust it: chown root " + path);
    BOOST_TEST(refusal(path, another_user) == "accepted: text");
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_judged_by_the_file_it_leads_to)
{
    file const ours;
    file const link;
    std::filesystem::remove(link.path());
    std::filesystem::create_symlink(ours.path(), link.path());
    BOOST_TEST(refusal(link.path()) == "accepted: text");
    ours.mode(0666);
    BOOST_TEST(refusal(link.path()) == link.path() + ": it can be changed by every user; to trust it: chmod go-w " + link.path());
}

BOOST_AUTO_TEST_CASE(only_regular_files_are_read)
{
    file const ours;
    std::string const fifo = ours.directory() + "/fifo";
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(refusal(fifo) == fifo + ": it is not a regular file");
    BOOST_TEST(refusal("/dev/null") == "/dev/null: it is not a regular file");
    std::string const inner = ours.directory() + "/inner";
    std::filesystem::create_directory(inner);
    BOOST_TEST(refusal(inner) == inner + ": it is not a regular file");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_named_with_the_reason)
{
    file const ours;
    std::string const missing = ours.directory() + "/missing";
    BOOST_TEST(refusal(missing) == missing + ": cannot read it: No such file or directory");
    BOOST_TEST(refusal(missing + "/f") == missing + "/f: cannot read it: No such file or directory");
    BOOST_TEST(refusal(ours.path() + "/f") == ours.path() + "/f: cannot read it: Not a directory");
    BOOST_TEST(refusal("\x1b[31m") == "\\x1b[31m: cannot read it: No such file or directory");
    BOOST_TEST(refusal("") == ": cannot read it: No such file or directory");
    if (::geteuid() == 0)
        return;  // root reads everything
    ours.mode(0);
    BOOST_TEST(refusal(ours.path()) == ours.path() + ": cannot read it: Permission denied");
}

BOOST_AUTO_TEST_CASE(a_huge_file_is_refused)
{
    constexpr std::size_t largest = 1 << 20;
    BOOST_TEST(refusal(file(std::string(largest, '#')).path()).size() == std::string("accepted: ").size() + largest);
    file const larger(std::string(largest + 1, '#'));
    BOOST_TEST(refusal(larger.path()) == larger.path() + ": it is larger than 1 MiB, which no configuration needs");
}

BOOST_AUTO_TEST_CASE(settings_are_read_from_a_file)
{
    struct settings
    {
        std::string key;
    };
    table_schema<settings> schema;
    schema.required("key", &settings::key, text());
    file const right("key = 'a'");
    BOOST_TEST(read_configuration<settings>(right.path(), schema).key == "a");
    file const wrong("kye = 'a'");
    try {
        (void)read_configuration<settings>(wrong.path(), schema);
        BOOST_ERROR("it was accepted");
    } catch (configuration_error const& error) {
        std::vector<std::string> const expected{wrong.path() + R"(:1:1: the file needs the key "key")",
                                                wrong.path() + R"(:1:1: unknown key "kye": did you mean key?)"};
        BOOST_TEST(error.problems() == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
