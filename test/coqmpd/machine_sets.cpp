// All machines of a directory: what is wrong with them together.
#include "check.hpp"
#include "daemon/configuration/problem_list.hpp"
#include "images/image_lookup.hpp"
#include "images/mount_table.hpp"
#include "machines/image_check.hpp"
#include "machines/machine_set.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace coqmpd;
using coqmp::test::contains;

namespace {

machine_set parse(std::vector<std::pair<std::string, std::string>> const& texts)
{
    std::vector<file_text> files;
    for (auto const& [name, text] : texts)
        files.push_back({name, name + ".toml", text});
    return parse_machines(files);
}

std::string problems(std::vector<std::pair<std::string, std::string>> const& texts)
{
    std::string result;
    for (std::string const& each : parse(texts).problems)
        result.append(result.empty() ? "" : "\n").append(each);
    return result;
}

std::string after(std::string const& names)
{
    return "arguments = []\nafter = [" + names + "]\n";
}

std::string with_disk(std::string const& options)
{
    return "arguments = ['-drive', '" + options + "']";
}

machine_set parse_with(std::vector<std::pair<std::string, std::string>> const& texts, known_machines const& known)
{
    std::vector<file_text> files;
    for (auto const& [name, text] : texts)
        files.push_back({name, name + ".toml", text});
    return parse_machines(files, known);
}

machine_file file_with(std::string const& options)
{
    return parse_machine_file(with_disk(options), "x.toml");
}

/// A machine whose QEMU was launched with this disk.
known_machine running_with(std::string const& options)
{
    known_machine result;
    result.file = parse_machine_file("arguments = []", "x.toml");
    result.launches = {arguments_of(file_with(options))};
    return result;
}

/// A directory with the files of machines.
class machine_directory
{
public:
    machine_directory() { std::filesystem::create_directory(path()); }

    void add(std::string const& name, std::string const& text, ::mode_t mode = 0600) const
    {
        std::string const path = this->path() + '/' + name;
        std::ofstream(path) << text;
        BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
    }
    [[nodiscard]] places where() const { return {directory_.path().native(), "/nowhere", "/nowhere"}; }
    [[nodiscard]] std::string path() const { return where().machines(); }

private:
    coqmp::test::temporary_directory directory_;
};

/// Two machines that write to images. A file system that holds `dead` in its path does not answer.
machine_set read_with_dead_server(char const* first, char const* second, int& questions)
{
    auto const identify = [&questions](image_use const& image, std::string const&) -> std::optional<std::string> {
        ++questions;
        return image.file.find("dead") == std::string::npos ? std::optional(image.file) : std::nullopt;
    };
    image_lookup images(identify, mount_table("21 1 0:5 / / rw\n22 21 0:6 / /dead rw\n"));
    auto const drive = [](char const* name) { return "arguments = ['-drive', 'file=" + std::string(name) + "']\n"; };
    return parse_machines({{"a", "a.toml", drive(first)}, {"b", "b.toml", drive(second)}}, images);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_sets, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(one_bad_file_does_not_harm_the_others)
{
    machine_set const read = parse({{"a", "arguments = ["}, {"b", "arguments = []"}});
    BOOST_TEST(read.machines.contains("b"));
    BOOST_TEST(!read.machines.contains("a"));
    BOOST_TEST(read.refused.contains("a"));
    BOOST_TEST(read.problems.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_machine_can_only_be_after_one_that_exists)
{
    BOOST_TEST(problems({{"router", after("")}, {"vm", after("'router'")}}).empty());
    BOOST_TEST(problems({{"router", after("")}, {"vm", after("'ruoter'")}}) ==
               "vm.toml:2:10: after: there is no machine \"ruoter\": did you mean router?");
    BOOST_TEST(problems({{"eyes", "observe = '/a'"}, {"vm", after("'eyes'")}}) ==
               "vm.toml:2:10: after: \"eyes\" is only observed, and so it is never started here");
    // It exists, and its own problem is enough.
    BOOST_TEST(parse({{"router", "broken"}, {"vm", after("'router'")}}).machines.contains("vm"));
}

BOOST_AUTO_TEST_CASE(a_circle_is_reported_to_each_of_its_machines)
{
    BOOST_TEST(problems({{"a", after("'a'")}}) == "a.toml:2:10: after: the order is a circle: a after a");
    BOOST_TEST(
        problems({{"a", after("'x', 'b'")}, {"b", after("'c'")}, {"c", after("'a'")}, {"d", after("'a'")}, {"x", after("")}}) ==
        "a.toml:2:15: after: the order is a circle: a after b after c after a\n"
        "b.toml:2:10: after: the order is a circle: a after b after c after a\n"
        "c.toml:2:10: after: the order is a circle: a after b after c after a");
    machine_set const two =
        parse({{"a", after("'b'")}, {"b", after("'a'")}, {"c", after("'d'")}, {"d", after("'c'")}, {"e", after("'a'")}});
    BOOST_TEST(two.problems.size() == 4U);
    BOOST_TEST(two.machines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_no_circle)
{
    std::vector<std::pair<std::string, std::string>> chain;
    for (int number = 0; number < 2000; ++number)
        chain.emplace_back("m" + std::to_string(number), after(number == 0 ? "" : "'m" + std::to_string(number - 1) + '\''));
    BOOST_TEST(parse(chain).problems.empty());
    chain.front().second = after("'m1999'");
    machine_set const circle = parse(chain);
    BOOST_TEST(circle.problems.size() == 2000U);
    BOOST_TEST(contains(circle.problems.front(), "... (2000 machines) after m"));
}

BOOST_AUTO_TEST_CASE(two_machines_cannot_write_to_one_image)
{
    BOOST_TEST(
        problems({{"a", with_disk("file=/nowhere/d.img")}, {"b", with_disk("if=none,file=/nowhere/x/../d.img")}}) ==
        "a.toml:1:24: arguments: the machine \"b\" also writes to /nowhere/d.img, as /nowhere/x/../d.img: two writers would "
        "destroy it; open it read-only in one of them, or with share-rw=on in both\n"
        "b.toml:1:24: arguments: the machine \"a\" also writes to /nowhere/x/../d.img, as /nowhere/d.img: two writers would "
        "destroy it; open it read-only in one of them, or with share-rw=on in both");
    machine_set const read = parse({{"a", with_disk("file=/d")}, {"b", with_disk("file=/d")}, {"c", with_disk("file=/e")}});
    BOOST_TEST(read.machines.size() == 1U);
    BOOST_TEST(read.refused.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_image_can_be_shared_by_those_who_cannot_harm_it)
{
    BOOST_TEST(problems({{"a", with_disk("file=/d")}, {"b", with_disk("file=/d,readonly=on")}}).empty());
    BOOST_TEST(problems({{"a", with_disk("file=/d")}, {"b", with_disk("file=/d,snapshot=on")}}).empty());
    BOOST_TEST(problems({{"a", with_disk("file=/d,file.locking=off")}, {"b", with_disk("file=/d,file.locking=off")}}).empty());
    BOOST_TEST(!problems({{"a", with_disk("file=/d,file.locking=off")}, {"b", with_disk("file=/d")}}).empty());
    BOOST_TEST(!problems({{"a", "arguments = ['d']\nworking_directory = '/'"}, {"b", "arguments = ['/d']"}}).empty());
    BOOST_TEST(problems({{"a", "arguments = ['d']\nworking_directory = '/x'"}, {"b", "arguments = ['/d']"}}).empty());
}

BOOST_AUTO_TEST_CASE(an_image_of_a_qemu_that_runs_is_not_given_to_another_machine)
{
    known_machines const known = {{"a", running_with("file=/d")}};
    machine_set const read = parse_with({{"a", with_disk("file=/e")}, {"b", with_disk("file=/d")}}, known);
    BOOST_TEST(read.machines.contains("a"));
    BOOST_TEST(read.refused.contains("b"));
    BOOST_REQUIRE(read.problems.size() == 1U);
    BOOST_TEST(read.problems[0] ==
               "b.toml:1:24: arguments: the machine \"a\" runs and writes to /d: two writers would destroy it; "
               "stop that machine first");
    // With its file, and without it: it was renamed, for example.
    BOOST_TEST(parse_with({{"b", with_disk("file=/d")}}, known).refused.contains("b"));
    BOOST_TEST(parse_with({{"b", with_disk("file=/d,readonly=on")}}, known).problems.empty());
    BOOST_TEST(parse_with({{"a", with_disk("file=/d")}}, known).problems.empty());
}

BOOST_AUTO_TEST_CASE(an_image_of_a_previous_file_is_not_given_to_another_machine)
{
    known_machines known;
    known["a"].file = file_with("file=/d");
    machine_set const broken = parse_with({{"a", "broken"}, {"b", with_disk("file=/d")}}, known);
    BOOST_TEST(broken.refused.contains("b"));
    BOOST_TEST(
        contains(broken.problems.back(), "b.toml:1:24: arguments: the machine \"a\", whose file is refused, writes to /d"));
    BOOST_TEST(parse_with({{"b", with_disk("file=/d")}}, known).problems.empty());  // its file is gone, and it is at rest
    // The new file is refused because of another image.
    machine_set const both =
        parse_with({{"a", with_disk("file=/e")}, {"b", with_disk("file=/d")}, {"c", with_disk("file=/e")}}, known);
    BOOST_TEST(both.refused.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_machine_is_not_launched_with_an_image_of_a_qemu_that_runs)
{
    known_machines const known = {{"a", running_with("file=/d")}, {"c", {file_with("file=/e"), {}}}};
    BOOST_TEST(find_launch_problem("b", file_with("file=/d"), known) ==
               "the machine \"a\" runs and writes to /d: two writers would destroy it; stop that machine first");
    BOOST_TEST(find_launch_problem("b", file_with("file=/e"), known).empty());
    BOOST_TEST(find_launch_problem("b", file_with("file=/d,readonly=on"), known).empty());
    BOOST_TEST(find_launch_problem("a", file_with("file=/d"), known).empty());
}

BOOST_AUTO_TEST_CASE(a_directory_has_a_machine_for_each_file)
{
    machine_directory const directory;
    directory.add("vm1.toml", "arguments = []");
    directory.add("vm2.toml", "arguments = []");
    directory.add("vm2.toml~", "broken");
    directory.add(".vm3.toml", "broken");
    directory.add("README", "broken");
    machine_set const read = read_machines(directory.path());
    BOOST_TEST(read.problems.empty());
    BOOST_TEST(read.machines.size() == 2U);
    BOOST_TEST(read.machines.contains("vm1"));
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_change_is_refused)
{
    machine_directory const directory;
    directory.add("a.toml", "arguments = []", 0666);
    directory.add("b.toml", "arguments = []");
    machine_set const read = read_machines(directory.path());
    BOOST_REQUIRE(read.problems.size() == 1U);
    BOOST_TEST(contains(read.problems[0], "a.toml: it can be changed by every user; to trust it: chmod go-w"));
    BOOST_TEST(read.refused.contains("a"));
    BOOST_TEST(read.machines.contains("b"));
}

BOOST_AUTO_TEST_CASE(a_file_whose_name_is_not_that_of_a_machine_is_reported)
{
    machine_directory const directory;
    directory.add("my vm.toml", "arguments = []");
    machine_set const read = read_machines(directory.path());
    BOOST_REQUIRE(read.problems.size() == 1U);
    BOOST_TEST(contains(read.problems[0], "\"my vm\" is not the name of a machine"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_does_not_exist_is_an_error)
{
    BOOST_CHECK_THROW((void)read_machines("/nowhere/machines"), coqmp_daemon::configuration_error);
}

BOOST_AUTO_TEST_CASE(check_prints_the_problems_or_the_number_of_machines)
{
    machine_directory const directory;
    directory.add("a.toml", "arguments = []");
    std::ostringstream out;
    std::ostringstream wrong;
    BOOST_TEST((check_files(directory.where(), out, wrong) == coqmp_daemon::exit_code::success));
    BOOST_TEST(out.str() == "1 machine, no problems\n");
    directory.add("b.toml", "arguments = 1");
    BOOST_TEST((check_files(directory.where(), out, wrong) == coqmp_daemon::exit_code::usage));
    BOOST_TEST(contains(wrong.str(), "b.toml:1:13: arguments: expected a list of strings"));
    BOOST_TEST(out.str() == "1 machine, no problems\n");
}

BOOST_AUTO_TEST_CASE(a_machine_whose_image_is_on_a_dead_server_is_accepted)
{
    int questions = 0;
    machine_set const found = read_with_dead_server("/dead/a/disk", "/dead/b/disk", questions);
    BOOST_TEST(found.machines.size() == 2U);
    BOOST_TEST(found.problems.empty());
    BOOST_REQUIRE(found.warnings.size() == 1U);
    BOOST_TEST(found.warnings[0] ==
               "the file system of /dead does not answer: whether two machines write to the same image there was not checked");
    BOOST_TEST(questions == 1);  // each one may take seconds
}

BOOST_AUTO_TEST_CASE(a_dead_server_does_not_hide_what_is_wrong_with_other_images)
{
    int questions = 0;
    BOOST_TEST(read_with_dead_server("/live/disk", "/live/disk", questions).machines.empty());
    BOOST_TEST(read_with_dead_server("/live/disk", "/live/disk", questions).warnings.empty());
    BOOST_TEST(read_with_dead_server("/dead/disk", "/live/disk", questions).machines.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_path_is_on_the_file_system_of_the_nearest_mount_point)
{
    mount_table const mounts(
        "21 1 0:5 / / rw\n22 21 0:6 / /srv rw\n23 22 0:7 / /srv/my\\040disks rw - nfs4 server:/ rw\nshort line\n");
    BOOST_TEST(mounts.mount_point_of("/srv/my disks/a/b") == "/srv/my disks");
    BOOST_TEST(mounts.mount_point_of("/srv/other/a") == "/srv");
    BOOST_TEST(mounts.mount_point_of("/srvother/a") == "/");
    BOOST_TEST(mounts.mount_point_of("/") == "/");
    BOOST_TEST(mount_table("").mount_point_of("/srv/a") == "/");
    BOOST_TEST(!mount_table::ours().mount_point_of("/proc/self").empty());
}

BOOST_AUTO_TEST_SUITE_END()
