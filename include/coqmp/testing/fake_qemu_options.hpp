// What a fake QEMU is.
#ifndef COQMP_TESTING_FAKE_QEMU_OPTIONS_HPP
#define COQMP_TESTING_FAKE_QEMU_OPTIONS_HPP

#include <coqmp/greeting.hpp>
#include <coqmp/version.hpp>

#include <boost/json/value.hpp>

#include <string>

namespace coqmp::testing {

/// What a fake_qemu is: its version, and the options of its command line.
/// @see examples/testing_with_a_fake_qemu.cpp
struct fake_qemu_options
{
    /// QEMU 9.2.0 with out-of-band execution.
    fake_qemu_options();

    /// For `query-version`, too. `query-status` has the members of this version.
    coqmp::greeting greeting;

    /// What `query-qmp-schema` returns: an array, as QEMU returned it. With it, a command that the schema does not have is
    /// unknown, and one whose arguments do not fit is refused. null: a small schema of the commands that the fake QEMU answers;
    /// those that a test has added are in it without arguments, and their arguments are not checked.
    boost::json::value schema;

    std::string name;            ///< `-name`, for `query-name`. Empty: none.
    bool starts_paused = false;  ///< `-S`: in the state `prelaunch`, instead of `running`.
    bool no_shutdown = false;    ///< `-no-shutdown`: a guest that shuts down leaves QEMU in the state `shutdown`.
    bool no_reboot = false;      ///< `-no-reboot`: QEMU exits instead of a reset.
};

}  // namespace coqmp::testing

#endif
