// Each input in each state of a supervised machine. What is not listed below must change nothing and ask for nothing.
#include "unit/machine_input_table.hpp"
#include "unit/supervised_machine.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace data = boost::unit_test::data;
using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;

namespace {

using input = std::function<std::string(supervised_machine&)>;

std::string text_of(machine_actions const& actions)
{
    std::ostringstream text;
    for (machine_action const& each : actions)
        if (!std::holds_alternative<actions::report>(each) && !std::holds_alternative<actions::store>(each))
            text << (text.str().empty() ? "" : ", ") << each;
    return text.str();
}

std::map<std::string, input> inputs()
{
    std::map<std::string, input> all{
        {"start", [](auto& vm) { return vm.start(); }},
        {"stop", [](auto& vm) { return vm.stop(); }},
        {"stop with the host", [](auto& vm) { return vm.stop_with_host(); }},
        {"restart", [](auto& vm) { return vm.restart(); }},
        {"kill", [](auto& vm) { return vm.kill(); }},
        {"release", [](auto& vm) { return vm.release(); }},
        {"leave", [](auto& vm) { return vm.leave(); }},
        {"connected", [](auto& vm) { return vm.connected(); }},
        {"disconnected", [](auto& vm) { return vm.disconnected(); }},
        {"client stop sent", [](auto& vm) { return vm.client(client_step::stop_sent); }},
        {"client stop done", [](auto& vm) { return vm.client(client_step::stop_done); }},
        {"client stop withdrawn", [](auto& vm) { return vm.client(client_step::stop_withdrawn); }},
        {"client cont done", [](auto& vm) { return vm.client(client_step::cont_done); }},
        {"out of band answered", [](auto& vm) { return vm.finished(finished_action::ask_out_of_band); }},
        {"continued", [](auto& vm) { return vm.finished(finished_action::continue_guest); }},
        {"dumped", [](auto& vm) { return vm.finished(finished_action::dump_guest); }},
        {"tick now", [](auto& vm) { return vm.after(0s); }},
        {"tick after 1 s", [](auto& vm) { return vm.after(1s); }},
        {"tick after an hour", [](auto& vm) { return vm.after(1h); }},
    };
    std::pair<char const*, found_process> const finds[] = {{"recall alive", found_process::alive},
                                                           {"recall gone", found_process::gone},
                                                           {"recall other boot", found_process::other_boot}};
    for (auto const& [name, what] : finds)
        for (auto const left :
             {work_under_way::none, work_under_way::launch, work_under_way::restart, work_under_way::host_shutdown})
            all.emplace(name + (left == work_under_way::none ? "" : std::string(", ") + to_string(left) + " under way"),
                        [found = what, left](auto& vm) { return vm.recall(up(left), found); });
    std::pair<char const*, process_end> const ends[] = {
        {"guest shutdown", end_by(end_reason::guest_shutdown)},
        {"reboot", end_by(end_reason::guest_reboot)},
        {"panic", end_by(end_reason::guest_panic)},
        {"watchdog", end_by(end_reason::watchdog)},
        {"request", end_by(end_reason::requested)},
        {"outsider", end_by(end_reason::external)},
        {"signal", end_by(end_reason::signal, killed)},
        {"failed start", end_by(end_reason::failed_start, {1, 0})},
        {"nothing known", end_by(end_reason::unknown, not_known)},
    };
    for (auto const& [name, what] : ends)
        all.emplace(std::string("ended by ") + name, [end = what](auto& vm) { return vm.ended(end); });
    for (char const* const what :
         {"STOP", "RESUME", guest_reset, powered_off, quit_by_qmp, panicked_and_off, panicked_and_paused, no_space_left,
          disk_failed, R"(WATCHDOG {"action":"poweroff"})", R"(GUEST_CRASHLOADED {"action":"run"})",
          R"(MIGRATION {"status":"completed"})", R"(MIGRATION {"status":"active"})", "X_LATER_EVENT", "SHUTDOWN"})
        all.emplace(std::string("event ") + what, [what](auto& vm) { return vm.take(what); });
    for (char const* const state : {"running", "paused", "io-error", "guest-panicked", "postmigrate", "prelaunch", "holiday"})
        all.emplace(std::string("answer ") + state, [text = std::string(state)](auto& vm) { return vm.answer(text); });
    all.emplace("answer error", [](auto& vm) {
        coqmp::command_error const error{"GenericError", "no"};
        return text_of(vm.rules.answered(coqmp::reply(error), vm.now));
    });
    return all;
}

/// `launch => starting`; empty if nothing has changed.
std::string effect_of(state_row const& row, input const& what)
{
    supervised_machine vm(policy_of(row.policy));
    row.enter(vm);
    std::string const before = vm.status() + "; " + vm.memory();
    std::string const asked = what(vm);
    std::string const after = vm.status() + "; " + vm.memory();
    if (asked.empty() && before == after)
        return {};
    return asked + (asked.empty() ? "=> " : " => ") + (before == after ? "the same" : after);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(each_input)

BOOST_DATA_TEST_CASE(in_each_state, data::make(state_rows()), row)
{
    auto const all = inputs();
    for (auto const& [name, what] : all) {
        auto const expected = row.expected.find(name);
        BOOST_TEST_CONTEXT(row.name << ": " << name)
        BOOST_TEST(effect_of(row, what) == (expected != row.expected.end() ? expected->second : ""));
    }
    for (auto const& [name, effect] : row.expected)
        BOOST_TEST(all.contains(name), name);
}

BOOST_AUTO_TEST_SUITE_END()
