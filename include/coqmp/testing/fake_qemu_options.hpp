// The version and the command line of a fake QEMU.
#ifndef COQMP_TESTING_FAKE_QEMU_OPTIONS_HPP
#define COQMP_TESTING_FAKE_QEMU_OPTIONS_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/version.hpp>

#include <boost/json/value.hpp>

#include <string>

namespace coqmp::testing {

/// The version of a fake_qemu, and the options of its command line.
/// @see examples/testing_with_a_fake_qemu.cpp
struct fake_qemu_options
{
    /// QEMU 9.2.0 with out-of-band execution.
    fake_qemu_options();

    /// `query-version` returns its version, too, and `query-status` has the members of this version.
    coqmp::greeting greeting;

    /// What `query-qmp-schema` returns: an array, as QEMU returns it. Commands whose arguments do not match it are refused. null: a
    /// small schema of the commands that the fake QEMU answers. Those that the test has added appear there without arguments, and
    /// their arguments are not checked.
    boost::json::value schema;

    std::string name;            ///< `-name`, for `query-name`. Empty: none.
    bool starts_paused = false;  ///< `-S`: in the state `prelaunch`, instead of `running`.
    bool no_shutdown = false;    ///< `-no-shutdown`: a guest that shuts down leaves QEMU in the state `shutdown`.
    bool no_reboot = false;      ///< `-no-reboot`: QEMU exits instead of a reset.
};

}  // namespace coqmp::testing

#endif
