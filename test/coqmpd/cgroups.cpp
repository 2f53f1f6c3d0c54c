// The cgroups of machines, on a fake tree: an ordinary directory.
#include "cgroups/cgroup_limits.hpp"
#include "cgroups/cgroup_tree.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace coqmpd;
using coqmp::test::contains;

namespace {

/// What the kernel would show, as far as it is needed.
class faked_tree
{
public:
    faked_tree()
    {
        write("cgroup.controllers", "cpu io memory pids hugetlb\n");
        std::filesystem::create_directories(own() / "daemon");
        std::filesystem::create_directories(own() / "supervisor");
        std::filesystem::create_directories(own() / "machines/vm1");
        for (char const* const directory : {"system.slice/coqmpd.service", "system.slice/coqmpd.service/machines"}) {
            write(std::string(directory) + "/cgroup.controllers", "memory cpu hugetlb\n");
            write(std::string(directory) + "/cgroup.subtree_control", "");
        }
        write("system.slice/coqmpd.service/cgroup.procs", "17\n");
        write("system.slice/coqmpd.service/daemon/cgroup.procs", "");
        write("system.slice/coqmpd.service/supervisor/cgroup.procs", "");
        for (char const* const file : {"memory.max", "memory.swap.max", "cpu.max", "cpu.weight"})
            write(std::string("system.slice/coqmpd.service/machines/vm1/") + file, "");
    }

    [[nodiscard]] std::unique_ptr<cgroup_tree> open(std::string const& own_line = "0::/system.slice/coqmpd.service/daemon\n",
                                                    bool limits_are_lifted = false)
    {
        return cgroup_tree::open(root(), own_line, limits_are_lifted, problems);
    }
    void lift_limits(std::string const& own_line = "0::/system.slice/coqmpd.service/.control\n")
    {
        problems = cgroup_tree::lift_limits(root(), own_line);
    }
    /// One controller, as an ordinary file keeps only the last one that is written.
    void pass_on(std::string const& controller) const
    {
        write("system.slice/coqmpd.service/cgroup.subtree_control", controller);
        write("system.slice/coqmpd.service/machines/cgroup.subtree_control", controller);
    }
    /// What machines/ and the service's own cgroup pass on.
    [[nodiscard]] std::string passed_on() const
    {
        return read("machines/cgroup.subtree_control") + ' ' + read("cgroup.subtree_control");
    }
    void write(std::string const& file, std::string const& text) const { std::ofstream(root() / file) << text; }
    [[nodiscard]] std::string read(std::string const& file) const
    {
        std::ifstream stream(own() / file);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    [[nodiscard]] std::filesystem::path root() const { return directory_.path(); }
    [[nodiscard]] std::filesystem::path own() const { return root() / "system.slice/coqmpd.service"; }

    std::vector<std::string> problems;

private:
    coqmp::test::temporary_directory directory_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cgroups, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(limits_that_are_not_wanted_are_lifted)
{
    std::vector<std::string> contents;
    for (cgroup_setting const& each : cgroup_settings({}))
        contents.push_back(each.file + '=' + each.content + (each.is_wanted ? " wanted" : ""));
    std::vector<std::string> const expected{"memory.max=max", "memory.swap.max=max", "cpu.max=max 100000",
                                            "cpu.weight=100", "io.weight=100",       "pids.max=max"};
    BOOST_TEST(contents == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(limits_are_in_the_units_of_the_kernel)
{
    limit_settings limits;
    limits.memory = std::uint64_t{4} << 30;
    limits.swap = 0;
    limits.cpus = 0.5;
    limits.tasks = 100;
    auto const settings = cgroup_settings(limits);
    BOOST_TEST(settings[0].content == "4294967296");
    BOOST_TEST(settings[1].content == "0");
    BOOST_TEST(settings[1].is_wanted);
    BOOST_TEST(settings[2].content == "50000 100000");
    BOOST_TEST(settings[5].content == "100");
}

BOOST_AUTO_TEST_CASE(our_own_cgroup_is_the_one_of_the_unified_hierarchy)
{
    BOOST_TEST(own_cgroup_in("0::/system.slice/a.service\n").value() == "/system.slice/a.service");
    BOOST_TEST(own_cgroup_in("1:name=systemd:/a\n0::/b\n").value() == "/b");
    BOOST_TEST(!own_cgroup_in("4:memory:/a\n1:name=systemd:/a\n").has_value());
}

BOOST_AUTO_TEST_CASE(nothing_happens_without_cgroup_v2)
{
    faked_tree tree;
    BOOST_TEST(tree.open("4:memory:/a\n").get() == nullptr);
    BOOST_TEST(tree.open("0::/\n").get() == nullptr);
    BOOST_TEST(tree.open("0::/not/ours\n").get() == nullptr);
    std::filesystem::remove(tree.root() / "cgroup.controllers");
    BOOST_TEST(tree.open().get() == nullptr);
    BOOST_TEST(tree.problems.empty());
    BOOST_TEST(tree.read("daemon/cgroup.procs").empty());
}

// systemd before 254 could not start it again in a cgroup that passes controllers on.
BOOST_AUTO_TEST_CASE(a_daemon_that_was_not_started_in_its_leaf_passes_no_controllers_on)
{
    faked_tree tree;
    auto const groups = tree.open("0::/system.slice/coqmpd.service\n");
    BOOST_REQUIRE(groups != nullptr);
    BOOST_TEST(tree.read("supervisor/cgroup.procs") == "17");
    BOOST_TEST(tree.passed_on() == " ");
    BOOST_TEST(groups->prepare("vm1", {}, tree.problems) == (tree.own() / "machines/vm1").native());
}

BOOST_AUTO_TEST_CASE(a_daemon_whose_limits_are_lifted_after_it_passes_controllers_on)
{
    faked_tree tree;
    BOOST_REQUIRE(tree.open("0::/system.slice/coqmpd.service\n", true) != nullptr);
    BOOST_TEST(tree.problems.empty());
    BOOST_TEST(tree.read("supervisor/cgroup.procs") == "17");
    BOOST_TEST(contains(tree.read("cgroup.subtree_control"), "+cpu"));
    BOOST_TEST(contains(tree.read("machines/cgroup.subtree_control"), "+cpu"));
}

BOOST_AUTO_TEST_CASE(limits_are_lifted_after_a_daemon_that_an_older_systemd_started)
{
    faked_tree tree;
    std::filesystem::remove_all(tree.own() / "daemon");
    tree.pass_on("pids");
    tree.lift_limits();
    BOOST_TEST(tree.problems.empty());
    BOOST_TEST(tree.passed_on() == "-pids -pids");
}

BOOST_AUTO_TEST_CASE(limits_stay_if_systemd_starts_the_daemon_in_its_leaf)
{
    faked_tree tree;
    tree.pass_on("pids");
    tree.lift_limits();
    BOOST_TEST(tree.problems.empty());
    BOOST_TEST(tree.passed_on() == "pids pids");
}

BOOST_AUTO_TEST_CASE(limits_are_lifted_by_a_control_process_only)
{
    faked_tree tree;
    std::filesystem::remove_all(tree.own() / "daemon");
    tree.pass_on("pids");
    tree.lift_limits("0::/system.slice/coqmpd.service\n");
    BOOST_TEST(tree.problems.size() == 1U);
    tree.lift_limits("0::/user.slice/a.control\n");
    BOOST_TEST(tree.problems.size() == 1U);
    BOOST_TEST(tree.passed_on() == "pids pids");
    tree.lift_limits("4:memory:/a\n");
    BOOST_TEST(tree.problems.empty());
}

BOOST_AUTO_TEST_CASE(the_leaf_of_another_systemd_is_removed)
{
    faked_tree tree;
    std::filesystem::remove(tree.own() / "daemon/cgroup.procs");
    BOOST_REQUIRE(tree.open("0::/system.slice/coqmpd.service\n", true) != nullptr);
    BOOST_TEST(!std::filesystem::exists(tree.own() / "daemon"));
    std::filesystem::create_directory(tree.own() / "daemon");
    tree.write("system.slice/coqmpd.service/daemon/cgroup.procs", "");
    std::filesystem::remove(tree.own() / "supervisor/cgroup.procs");
    BOOST_REQUIRE(tree.open() != nullptr);
    BOOST_TEST(!std::filesystem::exists(tree.own() / "supervisor"));
}

BOOST_AUTO_TEST_CASE(a_daemon_in_its_leaf_passes_controllers_on)
{
    faked_tree tree;
    BOOST_REQUIRE(tree.open() != nullptr);
    BOOST_TEST(tree.problems.empty());
    BOOST_TEST(tree.read("daemon/cgroup.procs") == "17");
    // An ordinary file keeps what is written to its beginning; the kernel adds each controller.
    BOOST_TEST(contains(tree.read("cgroup.subtree_control"), "+cpu"));
    BOOST_TEST(!contains(tree.read("cgroup.subtree_control"), "hugetlb"));
}

BOOST_AUTO_TEST_CASE(a_daemon_in_its_leaf_finds_the_same_tree)
{
    faked_tree tree;
    auto const found = tree.open();
    BOOST_REQUIRE(found != nullptr);
    BOOST_TEST(found->prepare("vm1", {}, tree.problems) == (tree.own() / "machines/vm1").native());
}

BOOST_AUTO_TEST_CASE(a_machine_gets_a_cgroup_with_its_limits)
{
    faked_tree tree;
    auto const groups = tree.open();
    BOOST_REQUIRE(groups != nullptr);
    limit_settings limits;
    limits.memory = 1 << 20;
    BOOST_TEST(groups->prepare("vm1", limits, tree.problems) == (tree.own() / "machines/vm1").native());
    BOOST_TEST(tree.problems.empty());
    BOOST_TEST(tree.read("machines/vm1/memory.max") == "1048576");
    BOOST_TEST(tree.read("machines/vm1/cpu.max") == "max 100000");
}

BOOST_AUTO_TEST_CASE(a_limit_without_its_controller_is_reported)
{
    faked_tree tree;
    auto const groups = tree.open();
    BOOST_REQUIRE(groups != nullptr);
    limit_settings limits;
    limits.tasks = 10;
    BOOST_TEST(!groups->prepare("vm1", limits, tree.problems).empty());
    BOOST_REQUIRE(tree.problems.size() == 1U);
    BOOST_TEST(tree.problems[0] ==
               "a limit is not set, because the cgroup has no pids.max: the controller pids is not available");
}

BOOST_AUTO_TEST_CASE(the_cgroup_of_a_machine_that_has_ended_is_removed)
{
    faked_tree tree;
    auto const groups = tree.open();
    BOOST_REQUIRE(groups != nullptr);
    BOOST_TEST(!groups->prepare("vm2", {}, tree.problems).empty());
    BOOST_TEST(std::filesystem::exists(tree.own() / "machines/vm2"));
    groups->remove("vm2");
    BOOST_TEST(!std::filesystem::exists(tree.own() / "machines/vm2"));
}

BOOST_AUTO_TEST_SUITE_END()
