// The qemu-ga of this machine, for harmless commands only.
#ifndef COQMP_TEST_SUPPORT_REAL_AGENT_HPP
#define COQMP_TEST_SUPPORT_REAL_AGENT_HPP

#include "support/real_qemu.hpp"
#include "support/temporary_directory.hpp"

namespace coqmp::test {

/// Its socket is handed over as systemd does it: with its own `--path` a test would have to wait until it listens.
/// It never executes a command that would stop this machine, whatever a test sends.
class real_agent
{
public:
    [[nodiscard]] endpoint const& address() const noexcept { return program_.monitor(); }

private:
    temporary_directory state_;
    real_qemu program_{"sh",
                       {"-c", R"(LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 2>/dev/null)", "sh", "/usr/sbin/qemu-ga", "--method",
                        "unix-listen", "--statedir", state_.path().string(), "-b",
                        "guest-shutdown,guest-suspend-disk,guest-suspend-ram,guest-suspend-hybrid,guest-fsfreeze-freeze,"
                        "guest-fsfreeze-freeze-list,guest-fstrim,guest-set-time,guest-set-vcpus,guest-set-user-password"},
                       monitor_kind::unix_socket};
};

}  // namespace coqmp::test

#endif
