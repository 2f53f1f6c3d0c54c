// A qmp-run with a QEMU and a service manager, for tests.
#ifndef COQMP_TEST_QMP_RUN_RUNNING_MACHINE_HPP
#define COQMP_TEST_QMP_RUN_RUNNING_MACHINE_HPP

#include "support/guests.hpp"
#include "support/running_daemon.hpp"
#include "support/text.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace qmp_run::test {

using coqmp::test::contains;
using coqmp::test::content;
using coqmp::test::outcome;

/// A directory for a guest's image and the files of a test.
struct run_fixture : coqmp::test::daemon_fixture
{
    /// qmp-run's arguments for a guest of one sector.
    /// @param options of qmp-run @param code of the guest @param more arguments of QEMU
    template <class... Arguments>
    [[nodiscard]] std::vector<std::string> running(std::vector<std::string> options, std::string_view code,
                                                   Arguments... more) const
    {
        coqmp::machine_spec const spec = coqmp::test::guest(code, directory.path(), more...);
        options.insert(options.end(), {"--", "qemu-system-x86_64"});
        options.insert(options.end(), spec.arguments.begin(), spec.arguments.end());
        options.insert(options.end(), {"-pidfile", path("pid")});
        return options;
    }

    /// Arguments that run a shell script in place of QEMU.
    [[nodiscard]] static std::vector<std::string> script(std::string const& text) { return {"--", "sh", "-c", text, "sh"}; }

    /// QEMU's process id, which QEMU writes to a file before it answers.
    [[nodiscard]] ::pid_t qemu() const { return static_cast<::pid_t>(std::stoi(content(path("pid")))); }
};

class running_machine : public coqmp::test::running_daemon
{
public:
    explicit running_machine(std::vector<std::string> const& arguments, std::vector<std::string> const& settings = {})
        : running_daemon(QMP_RUN_PROGRAM, arguments, settings)
    {}
};

/// Runs the program to its end.
inline outcome run_machine(std::vector<std::string> const& arguments)
{
    return coqmp::test::run_daemon(QMP_RUN_PROGRAM, arguments);
}

}  // namespace qmp_run::test

#endif
