// What each input does in each state of a supervised machine; what is not listed does nothing.
#ifndef COQMP_TEST_UNIT_MACHINE_INPUT_TABLE_HPP
#define COQMP_TEST_UNIT_MACHINE_INPUT_TABLE_HPP

#include "unit/supervised_machine.hpp"

#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace coqmp::test {

/// What is asked for, and the next state with what is remembered: `launch => starting (asked by the operator); up`.
using effects = std::map<std::string, std::string>;

/// A way into a state, and what each input does there.
struct state_row
{
    char const* name;
    std::function<void(supervised_machine&)> enter;
    effects expected;
    coqmp::restart_policy policy = coqmp::restart_policy::on_failure;
};

inline std::ostream& operator<<(std::ostream& out, state_row const& what)
{
    return out << what.name;
}

inline effects joined(effects first, effects const& second)
{
    first.insert(second.begin(), second.end());
    return first;
}

/// Wherever a process lives, and is not being stopped.
inline effects const ends_of_live_machines{
    {"ended by failed start", "=> backing off (QEMU did not become ready); up"},
    {"ended by guest shutdown", "=> stopped (the guest shut down); up"},
    {"ended by nothing known", "=> backing off (the reason for its end is unknown); up"},
    {"ended by outsider", "=> stopped (QEMU received a request to quit); up"},
    {"ended by panic", "=> backing off (the guest panicked); up"},
    {"ended by reboot", "launch => starting (the guest rebooted); up"},
    {"ended by request", "=> stopped (asked by the operator); down"},
    {"ended by signal", "=> backing off (a signal ended QEMU); up"},
    {"ended by watchdog", "=> backing off (the watchdog expired); up"},
};

/// Wherever there is no process.
inline effects const wishes_while_down{
    {"release", "release => the same"},
    {"restart", "launch => starting (asked by the operator); up"},
    {"start", "launch => starting (asked by the operator); up"},
};

inline std::vector<state_row> state_rows()
{
    using namespace detail;
    std::vector<state_row> all;
    all.push_back({"defined", [](auto& /*vm*/) {},
                   joined(wishes_while_down, {{"recall alive", "=> running, responsive; up"},
                                              {"recall gone", "=> backing off (the reason for its end is unknown); up"},
                                              {"recall other boot", "launch => starting; up"}})});
    all.push_back({"starting", [](auto& vm) { vm.start(); },
                   joined(ends_of_live_machines,
                          {{"connected", "ask for the state => starting (asked by the operator), responsive; up"},
                           {"kill", "kill => stopping (asked by the operator); down"},
                           {"restart", "shut down within 75000 ms => stopping (asked by the operator); up"},
                           {"stop", "shut down within 75000 ms => stopping (asked by the operator); down"},
                           {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down); up"}})});
    all.push_back(
        {"ready",
         [](auto& vm) {
             vm.start();
             vm.connected();
         },
         joined(ends_of_live_machines,
                {{"answer error", "=> running (an unknown state of QEMU), responsive; up"},
                 {"answer guest-panicked", "=> paused (the guest panicked), responsive; up"},
                 {"answer holiday", "=> running (an unknown state of QEMU), responsive; up"},
                 {"answer io-error", "=> paused (a disk error), responsive; up"},
                 {"answer paused", "=> paused (a client paused it), responsive; up"},
                 {"answer postmigrate", "=> paused (the guest was migrated away), responsive; up, migrated"},
                 {"answer prelaunch", "=> paused (the guest has not begun to run), responsive; up"},
                 {"answer running", "=> running, responsive; up"},
                 {"client stop sent", "=> starting (asked by the operator), responsive; up, held"},
                 {"disconnected", "reconnect => the same"},
                 {R"(event GUEST_CRASHLOADED {"action":"run"})", "=> starting (asked by the operator), responsive, dumping; up"},
                 {R"(event MIGRATION {"status":"completed"})", "=> starting (asked by the operator), responsive; up, migrated"},
                 {"event RESUME", "=> running, responsive; up"},
                 {"event SHUTDOWN", "=> starting (asked by the operator), responsive; up, shutdown by unknown"},
                 {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})",
                  "=> starting (asked by the operator), responsive; up, shutdown by host-qmp-quit"},
                 {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
                  "=> starting (asked by the operator), responsive; up, shutdown by guest-shutdown"},
                 {"kill", "kill => stopping (asked by the operator), responsive; down"},
                 {"release", "release => the same"},
                 {"restart", "shut down within 75000 ms => stopping (asked by the operator), responsive; up"},
                 {"stop", "shut down within 75000 ms => stopping (asked by the operator), responsive; down"},
                 {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), responsive; up"}})});
    all.push_back(
        {"running", [](auto& vm) { vm.run(); },
         joined(ends_of_live_machines,
                {{"client cont done", "ask for the state => the same"},
                 {"client stop done", "ask for the state => the same"},
                 {"client stop sent", "=> running, responsive; up, held"},
                 {"client stop withdrawn", "ask for the state => the same"},
                 {"connected", "ask for the state => the same"},
                 {"continued", "ask for the state => the same"},
                 {"disconnected", "reconnect => the same"},
                 {R"(event GUEST_CRASHLOADED {"action":"run"})", "=> running, responsive, dumping; up"},
                 {R"(event MIGRATION {"status":"active"})", "ask for the state => the same"},
                 {R"(event MIGRATION {"status":"completed"})", "ask for the state => running, responsive; up, migrated"},
                 {R"(event RESET {"guest":true,"reason":"guest-reset"})", "ask for the state => the same"},
                 {"event RESUME", "ask for the state => the same"},
                 {"event SHUTDOWN", "=> running, responsive; up, shutdown by unknown"},
                 {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})",
                  "=> running, responsive; up, shutdown by host-qmp-quit"},
                 {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
                  "=> running, responsive; up, shutdown by guest-shutdown"},
                 {"event STOP", "ask for the state => the same"},
                 {"kill", "kill => stopping (asked by the operator), responsive; down"},
                 {"release", "release => the same"},
                 {"restart", "shut down within 75000 ms => stopping (asked by the operator), responsive; up"},
                 {"stop", "shut down within 75000 ms => stopping (asked by the operator), responsive; down"},
                 {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), responsive; up"},
                 {"tick after an hour", "ask for the state => the same"}})});
    all.push_back(
        {"paused by a client",
         [](auto& vm) {
             vm.run();
             vm.take("STOP");
             vm.answer("paused");
         },
         joined(ends_of_live_machines,
                {{"client cont done", "ask for the state => the same"},
                 {"client stop done", "ask for the state => the same"},
                 {"client stop sent", "=> paused (a client paused it), responsive; up, held"},
                 {"client stop withdrawn", "ask for the state => the same"},
                 {"connected", "ask for the state => the same"},
                 {"continued", "ask for the state => the same"},
                 {"disconnected", "reconnect => the same"},
                 {R"(event GUEST_CRASHLOADED {"action":"run"})", "=> paused (a client paused it), responsive, dumping; up"},
                 {R"(event MIGRATION {"status":"active"})", "ask for the state => the same"},
                 {R"(event MIGRATION {"status":"completed"})",
                  "ask for the state => paused (a client paused it), responsive; up, migrated"},
                 {R"(event RESET {"guest":true,"reason":"guest-reset"})", "ask for the state => the same"},
                 {"event RESUME", "ask for the state => running, responsive; up"},
                 {"event SHUTDOWN", "=> paused (a client paused it), responsive; up, shutdown by unknown"},
                 {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})",
                  "=> paused (a client paused it), responsive; up, shutdown by host-qmp-quit"},
                 {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
                  "=> paused (a client paused it), responsive; up, shutdown by guest-shutdown"},
                 {"event STOP", "ask for the state => the same"},
                 {"kill", "kill => stopping (asked by the operator), responsive; down"},
                 {"release", "release => the same"},
                 {"restart", "shut down within 75000 ms => stopping (asked by the operator), responsive; up"},
                 {"stop", "shut down within 75000 ms => stopping (asked by the operator), responsive; down"},
                 {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), responsive; up"},
                 {"tick after an hour", "ask for the state => the same"}})});
    all.push_back(
        {"paused for lack of space",
         [](auto& vm) {
             vm.run();
             vm.take(no_space_left);
             vm.take("STOP");
             vm.answer("io-error");
         },
         joined(
             ends_of_live_machines,
             {{"client cont done", "ask for the state => the same"},
              {"client stop done", "ask for the state => the same"},
              {"client stop sent", "=> paused (a client paused it), responsive; up, held, out of space"},
              {"client stop withdrawn", "ask for the state => the same"},
              {"connected", "ask for the state => paused (a disk error), responsive; up"},
              {"continued", "ask for the state => the same"},
              {"disconnected", "reconnect => the same"},
              {R"(event BLOCK_IO_ERROR {"device":"","node-name":"disk","nospace":false,"action":"stop","operation":"write","reason":"I/O error"})",
               "=> paused (a disk error), responsive; up"},
              {R"(event GUEST_CRASHLOADED {"action":"run"})",
               "=> paused (the disk is full), responsive, dumping; up, out of space"},
              {R"(event MIGRATION {"status":"active"})", "ask for the state => the same"},
              {R"(event MIGRATION {"status":"completed"})",
               "ask for the state => paused (the disk is full), responsive; up, out of space, migrated"},
              {R"(event RESET {"guest":true,"reason":"guest-reset"})", "ask for the state => the same"},
              {"event RESUME", "ask for the state => running, responsive; up"},
              {"event SHUTDOWN", "=> paused (the disk is full), responsive; up, shutdown by unknown, out of space"},
              {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})",
               "=> paused (the disk is full), responsive; up, shutdown by host-qmp-quit, out of space"},
              {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
               "=> paused (the disk is full), responsive; up, shutdown by guest-shutdown, out of space"},
              {"event STOP", "ask for the state => paused (a disk error), responsive; up"},
              {"kill", "kill => stopping (asked by the operator), responsive; down, out of space"},
              {"release", "release => the same"},
              {"restart", "shut down within 75000 ms => stopping (asked by the operator), responsive; up, out of space"},
              {"stop", "shut down within 75000 ms => stopping (asked by the operator), responsive; down, out of space"},
              {"stop with the host",
               "shut down within 30000 ms => stopping (the host is shutting down), responsive; up, out of space"},
              {"tick after 1 s", "continue => the same"},
              {"tick after an hour", "continue, ask for the state => the same"}})});
    all.push_back(
        {"asked while running",
         [](auto& vm) {
             vm.run();
             vm.after(10s);
         },
         joined(ends_of_live_machines,
                {{"answer guest-panicked", "=> paused (the guest panicked), responsive; up"},
                 {"answer io-error", "=> paused (a disk error), responsive; up"},
                 {"answer paused", "=> paused (a client paused it), responsive; up"},
                 {"answer postmigrate", "=> paused (the guest was migrated away), responsive; up, migrated"},
                 {"answer prelaunch", "=> paused (the guest has not begun to run), responsive; up"},
                 {"client stop sent", "=> running, responsive; up, held"},
                 {"disconnected", "reconnect => the same"},
                 {R"(event GUEST_CRASHLOADED {"action":"run"})", "=> running, responsive, dumping; up"},
                 {R"(event MIGRATION {"status":"completed"})", "=> running, responsive; up, migrated"},
                 {"event SHUTDOWN", "=> running, responsive; up, shutdown by unknown"},
                 {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})",
                  "=> running, responsive; up, shutdown by host-qmp-quit"},
                 {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
                  "=> running, responsive; up, shutdown by guest-shutdown"},
                 {"kill", "kill => stopping (asked by the operator), responsive; down"},
                 {"release", "release => the same"},
                 {"restart", "shut down within 75000 ms => stopping (asked by the operator), responsive; up"},
                 {"stop", "shut down within 75000 ms => stopping (asked by the operator), responsive; down"},
                 {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), responsive; up"}})});
    all.push_back(
        {"asked while out of space",
         [](auto& vm) {
             vm.run();
             vm.take(no_space_left);
             vm.take("STOP");
             vm.answer("io-error");
             vm.take("SUSPEND");
         },
         joined(
             ends_of_live_machines,
             {{"answer guest-panicked", "=> paused (the guest panicked), responsive; up"},
              {"answer paused", "=> paused (a client paused it), responsive; up"},
              {"answer postmigrate", "=> paused (the guest was migrated away), responsive; up, migrated"},
              {"answer prelaunch", "=> paused (the guest has not begun to run), responsive; up"},
              {"answer running", "=> running, responsive; up"},
              {"client stop sent", "=> paused (a client paused it), responsive; up, held, out of space"},
              {"connected", "=> paused (a disk error), responsive; up"},
              {"disconnected", "reconnect => the same"},
              {R"(event BLOCK_IO_ERROR {"device":"","node-name":"disk","nospace":false,"action":"stop","operation":"write","reason":"I/O error"})",
               "=> paused (a disk error), responsive; up"},
              {R"(event GUEST_CRASHLOADED {"action":"run"})",
               "=> paused (the disk is full), responsive, dumping; up, out of space"},
              {R"(event MIGRATION {"status":"completed"})",
               "=> paused (the disk is full), responsive; up, out of space, migrated"},
              {"event RESUME", "=> running, responsive; up"},
              {"event SHUTDOWN", "=> paused (the disk is full), responsive; up, shutdown by unknown, out of space"},
              {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})",
               "=> paused (the disk is full), responsive; up, shutdown by host-qmp-quit, out of space"},
              {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
               "=> paused (the disk is full), responsive; up, shutdown by guest-shutdown, out of space"},
              {"event STOP", "=> paused (a disk error), responsive; up"},
              {"kill", "kill => stopping (asked by the operator), responsive; down, out of space"},
              {"release", "release => the same"},
              {"restart", "shut down within 75000 ms => stopping (asked by the operator), responsive; up, out of space"},
              {"stop", "shut down within 75000 ms => stopping (asked by the operator), responsive; down, out of space"},
              {"stop with the host",
               "shut down within 30000 ms => stopping (the host is shutting down), responsive; up, out of space"},
              {"tick after 1 s", "continue => the same"},
              {"tick after an hour", "continue => the same"}})});
    all.push_back(
        {"busy",
         [](auto& vm) {
             vm.run();
             vm.after(10s);
             vm.after(5s);
             vm.after(1s);
             vm.finished(finished_action::ask_out_of_band);
         },
         joined(
             ends_of_live_machines,
             {{"answer error", "=> running, responsive; up"},
              {"answer guest-panicked", "=> paused (the guest panicked), responsive; up"},
              {"answer holiday", "=> running, responsive; up"},
              {"answer io-error", "=> paused (a disk error), responsive; up"},
              {"answer paused", "=> paused (a client paused it), responsive; up"},
              {"answer postmigrate", "=> paused (the guest was migrated away), responsive; up, migrated"},
              {"answer prelaunch", "=> paused (the guest has not begun to run), responsive; up"},
              {"answer running", "=> running, responsive; up"},
              {"client stop sent", "=> running, busy; up, held"},
              {"connected", "=> running, responsive; up"},
              {"disconnected", "reconnect => the same"},
              {R"(event GUEST_CRASHLOADED {"action":"run"})", "=> running, busy, dumping; up"},
              {R"(event MIGRATION {"status":"completed"})", "=> running, busy; up, migrated"},
              {"event SHUTDOWN", "=> running, busy; up, shutdown by unknown"},
              {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})", "=> running, busy; up, shutdown by host-qmp-quit"},
              {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})", "=> running, busy; up, shutdown by guest-shutdown"},
              {"kill", "kill => stopping (asked by the operator), busy; down"},
              {"release", "release => the same"},
              {"restart", "shut down within 75000 ms => stopping (asked by the operator), busy; up"},
              {"stop", "shut down within 75000 ms => stopping (asked by the operator), busy; down"},
              {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), busy; up"},
              {"tick after an hour", "ask out of band => the same"}})});
    all.push_back(
        {"silent",
         [](auto& vm) {
             vm.run();
             vm.disconnected();
             vm.after(1s);
         },
         joined(
             ends_of_live_machines,
             {{"client stop sent", "=> running, silent; up, held"},
              {"connected", "ask for the state => running, responsive; up"},
              {R"(event GUEST_CRASHLOADED {"action":"run"})", "=> running, silent, dumping; up"},
              {R"(event MIGRATION {"status":"completed"})", "=> running, silent; up, migrated"},
              {"event SHUTDOWN", "=> running, silent; up, shutdown by unknown"},
              {R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})", "=> running, silent; up, shutdown by host-qmp-quit"},
              {R"(event SHUTDOWN {"guest":true,"reason":"guest-shutdown"})",
               "=> running, silent; up, shutdown by guest-shutdown"},
              {"kill", "kill => stopping (asked by the operator), silent; down"},
              {"release", "release => the same"},
              {"restart", "shut down within 75000 ms => stopping (asked by the operator), silent; up"},
              {"stop", "shut down within 75000 ms => stopping (asked by the operator), silent; down"},
              {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), silent; up"}})});
    all.push_back(
        {"stopping",
         [](auto& vm) {
             vm.run();
             vm.stop();
         },
         {{"client stop sent", "=> stopping (asked by the operator), responsive; down, held"},
          {"ended by failed start", "=> stopped (asked by the operator); down"},
          {"ended by guest shutdown", "=> stopped (asked by the operator); down"},
          {"ended by nothing known", "=> stopped (asked by the operator); down"},
          {"ended by outsider", "=> stopped (asked by the operator); down"},
          {"ended by panic", "=> stopped (asked by the operator); down"},
          {"ended by reboot", "=> stopped (asked by the operator); down"},
          {"ended by request", "=> stopped (asked by the operator); down"},
          {"ended by signal", "=> stopped (asked by the operator); down"},
          {"ended by watchdog", "=> stopped (asked by the operator); down"},
          {R"(event GUEST_CRASHLOADED {"action":"run"})",
           "extend by 600000 ms => stopping (asked by the operator), responsive, dumping; down"},
          {R"(event MIGRATION {"status":"completed"})", "=> stopping (asked by the operator), responsive; down, migrated"},
          {"kill", "kill => the same"},
          {"restart", "=> stopping (asked by the operator), responsive; up"},
          {"start", "=> stopping (asked by the operator), responsive; up"},
          {"stop with the host", "shut down within 30000 ms => the same"},
          {"tick after an hour", "kill => the same"}}});
    all.push_back(
        {"stopping for a restart",
         [](auto& vm) {
             vm.run();
             vm.restart();
         },
         {{"client stop sent", "=> stopping (asked by the operator), responsive; up, held"},
          {"ended by failed start", "launch => starting (asked by the operator); up"},
          {"ended by guest shutdown", "launch => starting (asked by the operator); up"},
          {"ended by nothing known", "launch => starting (asked by the operator); up"},
          {"ended by outsider", "launch => starting (asked by the operator); up"},
          {"ended by panic", "launch => starting (asked by the operator); up"},
          {"ended by reboot", "launch => starting (asked by the operator); up"},
          {"ended by request", "launch => starting (asked by the operator); up"},
          {"ended by signal", "launch => starting (asked by the operator); up"},
          {"ended by watchdog", "launch => starting (asked by the operator); up"},
          {R"(event GUEST_CRASHLOADED {"action":"run"})",
           "extend by 600000 ms => stopping (asked by the operator), responsive, dumping; up"},
          {R"(event MIGRATION {"status":"completed"})", "=> stopping (asked by the operator), responsive; up, migrated"},
          {"kill", "kill => stopping (asked by the operator), responsive; down"},
          {"stop", "=> stopping (asked by the operator), responsive; down"},
          {"stop with the host", "shut down within 30000 ms => stopping (the host is shutting down), responsive; up"},
          {"tick after an hour", "kill => the same"}}});
    all.push_back({"stopped by its operator",
                   [](auto& vm) {
                       vm.run();
                       vm.stop();
                       vm.ended(end_by(end_reason::requested));
                   },
                   wishes_while_down});
    all.push_back(
        {"stopped by its guest",
         [](auto& vm) {
             vm.run();
             vm.take(powered_off);
             vm.ended(end_by(end_reason::guest_shutdown));
         },
         joined(wishes_while_down, {{"kill", "=> stopped (asked by the operator); down, shutdown by guest-shutdown"},
                                    {"stop", "=> stopped (asked by the operator); down, shutdown by guest-shutdown"}})});
    all.push_back({"failed",
                   [](auto& vm) {
                       vm.run();
                       vm.ended(end_by(end_reason::signal, killed));
                   },
                   joined(wishes_while_down, {{"kill", "=> stopped (asked by the operator); down"},
                                              {"stop", "=> stopped (asked by the operator); down"}}),
                   restart_policy::never});
    all.push_back({"backing off",
                   [](auto& vm) {
                       vm.run();
                       vm.ended(end_by(end_reason::signal, killed));
                   },
                   joined(wishes_while_down, {{"kill", "=> stopped (asked by the operator); down"},
                                              {"stop", "=> stopped (asked by the operator); down"},
                                              {"stop with the host", "=> stopped (the host is shutting down); up"},
                                              {"tick after 1 s", "launch => starting (a signal ended QEMU); up"},
                                              {"tick after an hour", "launch => starting (a signal ended QEMU); up"}})});
    all.push_back({"given up",
                   [](auto& vm) {
                       for (vm.start(); vm.rules.status().state != lifecycle::given_up; vm.wait())
                           vm.ended(end_by(end_reason::failed_start));
                   },
                   joined(wishes_while_down, {{"kill", "=> stopped (asked by the operator); down, given up"},
                                              {"stop", "=> stopped (asked by the operator); down, given up"}})});
    all.push_back({"released",
                   [](auto& vm) {
                       vm.run();
                       vm.release();
                   },
                   {}});
    return all;
}

}  // namespace coqmp::test

#endif
