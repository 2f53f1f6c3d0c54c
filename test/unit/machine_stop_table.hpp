// What each input does while a machine is being stopped, by this supervisor or since an earlier one; the rest of machine_input_table.
#ifndef COQMP_TEST_UNIT_MACHINE_STOP_TABLE_HPP
#define COQMP_TEST_UNIT_MACHINE_STOP_TABLE_HPP

#include "unit/machine_state_row.hpp"

#include <vector>

namespace coqmp::test {

/// While its QEMU is being ended, so that the next one can be launched.
inline effects const while_restarting{
    {"client stop sent", "=> stopping (asked by the operator), responsive; up, held, restart under way"},
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
     "extend by 600000 ms => stopping (asked by the operator), responsive, dumping; up, restart under way"},
    {R"(event MIGRATION {"status":"completed"})",
     "=> stopping (asked by the operator), responsive; up, migrated, restart under way"},
    {"leave", "release => the same"},
    {"kill", "kill => stopping (asked by the operator), responsive; down"},
    {"stop", "=> stopping (asked by the operator), responsive; down"},
    {"stop with the host",
     "shut down within 30000 ms => stopping (the host is shutting down), responsive; up, host-shutdown under way"},
    {"tick after an hour", "kill => the same"}};

/// While its QEMU is being ended with the host.
inline effects const while_going_down_with_host{
    {"client stop sent", "=> stopping (the host is shutting down), responsive; up, held, host-shutdown under way"},
    {"ended by failed start", "=> stopped (the host is shutting down); up"},
    {"ended by guest shutdown", "=> stopped (the host is shutting down); up"},
    {"ended by nothing known", "=> stopped (the host is shutting down); up"},
    {"ended by outsider", "=> stopped (the host is shutting down); up"},
    {"ended by panic", "=> stopped (the host is shutting down); up"},
    {"ended by reboot", "=> stopped (the host is shutting down); up"},
    {"ended by request", "=> stopped (the host is shutting down); up"},
    {"ended by signal", "=> stopped (the host is shutting down); up"},
    {"ended by watchdog", "=> stopped (the host is shutting down); up"},
    {R"(event GUEST_CRASHLOADED {"action":"run"})",
     "=> stopping (the host is shutting down), responsive, dumping; up, host-shutdown under way"},
    {R"(event MIGRATION {"status":"completed"})",
     "=> stopping (the host is shutting down), responsive; up, migrated, host-shutdown under way"},
    {"leave", "release => the same"},
    {"kill", "kill => stopping (asked by the operator), responsive; down"},
    {"restart", "=> stopping (asked by the operator), responsive; up, restart under way"},
    {"start", "=> stopping (asked by the operator), responsive; up, restart under way"},
    {"stop", "=> stopping (asked by the operator), responsive; down"},
    {"tick after an hour", "kill => the same"}};

/// What an earlier supervisor has stored.
inline detail::machine_memory up(detail::work_under_way left)
{
    detail::machine_memory memory;
    memory.wish = detail::machine_wish::up;
    memory.under_way = left;
    return memory;
}

inline std::vector<state_row> stop_rows()
{
    using namespace detail;
    std::vector<state_row> all;
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
          {"leave", "release => the same"},
          {"kill", "kill => the same"},
          {"restart", "=> stopping (asked by the operator), responsive; up, restart under way"},
          {"start", "=> stopping (asked by the operator), responsive; up, restart under way"},
          {"stop with the host", "shut down within 30000 ms => the same"},
          {"tick after an hour", "kill => the same"}}});
    all.push_back({"stopping for a restart",
                   [](auto& vm) {
                       vm.run();
                       vm.restart();
                   },
                   while_restarting});
    all.push_back({"recalled during a restart",
                   [](auto& vm) {
                       vm.recall(up(work_under_way::restart), found_process::alive);
                       vm.connected();
                   },
                   while_restarting});
    all.push_back({"stopping with the host",
                   [](auto& vm) {
                       vm.run();
                       vm.stop_with_host();
                   },
                   while_going_down_with_host});
    all.push_back({"recalled during a shutdown of the host",
                   [](auto& vm) {
                       vm.recall(up(work_under_way::host_shutdown), found_process::alive);
                       vm.connected();
                   },
                   joined(while_going_down_with_host, {{"stop with the host", "shut down within 30000 ms => the same"}})});
    return all;
}

}  // namespace coqmp::test

#endif
