// What a fake QEMU does when its guest panics.
#ifndef COQMP_TESTING_PANIC_ACTION_HPP
#define COQMP_TESTING_PANIC_ACTION_HPP

namespace coqmp::testing {

/// By the names of the event's `action`. @see fake_guest::panic()
enum class panic_action {
    pause,     ///< `-action panic=pause`, or `-no-shutdown`.
    poweroff,  ///< `-action panic=shutdown`, QEMU's default.
    run        ///< `-action panic=none`.
};

}  // namespace coqmp::testing

#endif
