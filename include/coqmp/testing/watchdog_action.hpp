// What a fake QEMU does when the watchdog of its guest expires.
#ifndef COQMP_TESTING_WATCHDOG_ACTION_HPP
#define COQMP_TESTING_WATCHDOG_ACTION_HPP

namespace coqmp::testing {

/// By QEMU's names (`-action watchdog=...`). @see fake_guest::expire_watchdog()
enum class watchdog_action { reset, shutdown, poweroff, pause, debug, none, inject_nmi };

}  // namespace coqmp::testing

#endif
