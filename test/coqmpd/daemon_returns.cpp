// The whole daemon with real QEMUs: what an earlier daemon has left, and files that have changed meanwhile.
#include "running_coqmpd.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <string_view>
#include <thread>

using namespace coqmpd::test;
using coqmp::command;
using coqmp::test::contains;
using coqmp::test::content;

namespace {

class returning_coqmpd : public coqmpd_fixture
{
public:
    /// The file of a machine that writes to a disk.
    void define_with_disk(std::string const& machine, char const* disk) const
    {
        std::ofstream(path(disk), std::ios::app).flush();
        std::filesystem::resize_file(path(disk), 1 << 20);
        (void)write(("machines/" + machine + ".toml").c_str(),
                    "arguments = ['-M', 'none', '-nodefaults', '-display', 'none', '-drive', 'if=none,format=raw,file=" +
                        path(disk) + "']\n[shutdown]\nask_guest = false\n");
    }
    /// Starts a machine, and ends the daemon.
    ::pid_t leave(std::string const& machine)
    {
        running_coqmpd daemon(*this);
        ::pid_t const process = start(machine);
        see_record(machine);
        BOOST_TEST(daemon.stop() == 0);
        return process;
    }
    void remove(std::string const& machine) const { std::filesystem::remove(path(("machines/" + machine + ".toml").c_str())); }
    void stop(std::string const& machine) { (void)ask(command("machine-stop").with("name", machine)); }
    /// What the daemon says about the machine's file.
    [[nodiscard]] std::string file_of(std::string const& machine) const
    {
        boost::json::value const found = ask(command("query-machine").with("name", machine));
        auto const* const file = found.as_object().if_contains("file");
        return file != nullptr ? std::string(file->as_string()) : "";
    }
    /// What the daemon answers to a command that it refuses.
    [[nodiscard]] std::string refusal(command request) const
    {
        try {
            (void)ask(std::move(request));
            return {};
        } catch (coqmp::command_failed const& failure) {
            return failure.error().description;
        }
    }
    /// A hook for these states, which writes them into the file "states". @return for the file of a machine
    [[nodiscard]] std::string hook(std::string const& states) const
    {
        std::string const program = write("hook", "#!/bin/sh\necho \"$COQMP_STATE\" >>" + path("states") + "\n");
        BOOST_REQUIRE(::chmod(program.c_str(), 0700) == 0);
        return "[[hook]]\nprogram = '" + program + "'\nstates = [" + states + "]\n";
    }
    /// Waits until the hook has run for a state. Nothing else reports that.
    [[nodiscard]] std::string states_until(std::string_view state) const
    {
        std::string result;
        while (!contains(result, state)) {
            std::this_thread::yield();
            result = content(path("states"));
        }
        return result;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(daemon_returns, returning_coqmpd, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(a_machine_whose_file_is_refused_meanwhile_is_adopted)
{
    define("vm");
    ::pid_t const process = leave("vm");
    (void)write("machines/vm.toml", "broken");
    running_coqmpd daemon(*this);
    BOOST_TEST(process_of("vm") == process);
    BOOST_TEST(file_of("vm") == "refused");
    BOOST_TEST(contains(daemon.log(), "vm: its file is refused: it is supervised as the last file says that was accepted"));
    BOOST_TEST(contains(run({"--status"}).output, "its file is refused"));
    outcome const down = run({"--shutdown-guests", "--timeout", "60s"});
    BOOST_TEST(down.status == 0);
    see_end(process);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_ended_meanwhile_is_started_again_as_its_last_accepted_file_says)
{
    define("vm", "[restart]\npolicy = 'always'\nfirst_pause = '1ms'\n");
    ::pid_t const process = leave("vm");
    ::kill(process, SIGKILL);
    see_end(process);
    (void)write("machines/vm.toml", "broken");
    running_coqmpd daemon(*this);
    ::pid_t const next = keep(process_of("vm"));
    BOOST_TEST(next != process);
    stop("vm");
    see_end(next);
    BOOST_TEST(state_of("vm") == "stopped");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_runs_without_a_file_is_supervised_until_it_is_stopped)
{
    define("vm");
    ::pid_t const process = leave("vm");
    remove("vm");
    running_coqmpd daemon(*this);
    BOOST_TEST(process_of("vm") == process);
    BOOST_TEST(file_of("vm") == "missing");
    BOOST_TEST(contains(daemon.log(), "vm: it runs, but its file is gone"));
    daemon.reload();
    BOOST_TEST(process_of("vm") == process);
    stop("vm");
    see_end(process);
    daemon.expect("STATUS=no machines");
    BOOST_TEST(daemon.stop() == 0);
    BOOST_TEST(!std::filesystem::exists(path("state/vm/file")));
}

BOOST_AUTO_TEST_CASE(a_file_that_comes_back_is_followed)
{
    define("vm");
    ::pid_t const process = leave("vm");
    std::filesystem::rename(path("machines/vm.toml"), path("vm.toml"));
    running_coqmpd daemon(*this);
    BOOST_TEST(file_of("vm") == "missing");
    std::filesystem::rename(path("vm.toml"), path("machines/vm.toml"));
    daemon.reload();
    BOOST_TEST(file_of("vm") == "");
    BOOST_TEST(process_of("vm") == process);
    stop("vm");
    see_end(process);
    BOOST_TEST(state_of("vm") == "stopped");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_has_ended_and_has_no_file_is_reported)
{
    define("vm");
    ::pid_t const process = leave("vm");
    ::kill(process, SIGKILL);
    see_end(process);
    remove("vm");
    running_coqmpd daemon(*this);
    BOOST_TEST(contains(daemon.log(), "vm: an earlier daemon had this machine"));
    BOOST_TEST(run({"--status"}).output == "NAME  STATE  PID  REASON\n");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(hooks_do_not_run_again_for_what_an_earlier_daemon_has_seen)
{
    define("vm", hook("'running', 'stopped'"));
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        see_record("vm");
        (void)states_until("running\n");
        while (content(path("state/vm/reported")) != "running")
            std::this_thread::yield();
        daemon.signal(SIGKILL);
        BOOST_TEST(daemon.wait() == 128 + SIGKILL);
    }
    running_coqmpd daemon(*this);
    BOOST_TEST(process_of("vm") == process);
    stop("vm");
    see_end(process);
    BOOST_TEST(states_until("stopped\n") == "running\nstopped\n");  // they run one after the other
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_was_given_up_is_reported_once)
{
    define_guest("vm", coqmp::test::panic, "[restart]\nmost = 1\nfirst_pause = '1ms'\n" + hook("'given-up', 'stopped'"),
                 "-device", "pvpanic");
    {
        running_coqmpd daemon(*this);
        see_states(command("machine-start").with("name", "vm"), "vm", {"given-up panicked"});
        (void)states_until("given-up\n");
        BOOST_TEST(daemon.stop() == 0);
    }
    running_coqmpd daemon(*this);
    BOOST_TEST(state_of("vm") == "given-up");
    stop("vm");
    BOOST_TEST(states_until("stopped\n") == "given-up\nstopped\n");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(images_of_running_qemus, returning_coqmpd, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(an_image_is_free_when_the_machine_that_was_launched_with_it_has_a_new_qemu)
{
    define_with_disk("a", "disk");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("a");
        see_record("a");
        define_with_disk("a", "other");
        define_with_disk("b", "disk");
        daemon.reload();
        BOOST_TEST(contains(daemon.log(), "b.toml:1:"));
        BOOST_TEST(contains(daemon.log(), "the machine \"a\" runs and writes to " + path("disk")));
        BOOST_TEST(refusal(command("machine-start").with("name", "b")) == "Machine 'b' not found");
        BOOST_TEST(daemon.stop() == 0);
    }
    running_coqmpd daemon(*this);  // it knows with what the earlier one has launched it
    BOOST_TEST(refusal(command("machine-start").with("name", "b")) == "Machine 'b' not found");
    BOOST_TEST(process_of("a") == process);
    see_states(command("machine-restart").with("name", "a"), "a", {"starting", "running"});
    see_end(process);
    ::pid_t const next = keep(process_of("a"));
    daemon.reload();
    ::pid_t const second = start("b");
    (void)ask(command("machines-shutdown"));
    see_end(next);
    see_end(second);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_with_another_name_does_not_get_the_image_before_the_old_one_has_ended)
{
    define_with_disk("old", "disk");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("old");
    remove("old");
    define_with_disk("new", "disk");
    daemon.reload();
    BOOST_TEST(refusal(command("machine-start").with("name", "new")) == "Machine 'new' not found");
    stop("old");
    see_end(process);
    daemon.expect("STATUS=no machines");
    daemon.reload();
    BOOST_TEST(state_of("new") == "defined");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_start_is_refused_if_the_image_has_become_that_of_a_machine_that_runs)
{
    define_with_disk("a", "disk");
    define_with_disk("b", "other");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("a");
    std::filesystem::remove(path("other"));
    std::filesystem::create_symlink(path("disk"), path("other"));
    std::string const answer = refusal(command("machine-start").with("name", "b"));
    BOOST_TEST(contains(answer, "The machine 'b' is not started: the machine \"a\" runs and writes to " + path("other")));
    BOOST_TEST(state_of("b") == "defined");
    stop("a");
    see_end(process);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(reloads_during_a_shutdown, returning_coqmpd, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(no_machine_escapes_by_its_new_file)
{
    define("router");
    define("other");
    define("web", "");
    (void)write("machines/web.toml", "after = ['router', 'other']\n" + content(path("machines/web.toml")));
    running_coqmpd daemon(*this);
    ::pid_t const router = start("router");
    ::pid_t const other = start("other");
    ::pid_t const web = start("web");
    ::kill(web, SIGSTOP);  // so that the others have to wait
    auto ending = std::async(std::launch::async, [this] { return run({"--shutdown-guests", "--timeout", "200s"}); });
    while (state_of("web") != "stopping")
        std::this_thread::yield();
    define("router", "[restart]\npolicy = 'always'\n[limits]\nopen_files = 2000\n");
    (void)write("machines/other.toml", "observe = '" + path("monitor") + "'\n");
    (void)write("machines/web.toml",
                content(path("machines/web.toml")).substr(std::string("after = ['router', 'other']\n").size()));
    daemon.reload();
    BOOST_TEST(is_alive(router));
    ::kill(web, SIGCONT);
    BOOST_TEST(ending.get().status == 0);
    for (::pid_t const each : {router, other, web})
        see_end(each);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
