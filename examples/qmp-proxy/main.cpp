// qmp-proxy: many clients on one monitor. `man qmp-proxy` says how it is used.
#include "daemon/program.hpp"
#include "qemu/wrapped_program.hpp"
#include "run.hpp"

int main(int argc, char** argv)
{
    if (qmp_proxy::is_wrapped_child(argc, argv))
        return qmp_proxy::exec_wrapped(argv);
    return coqmp_daemon::run_program("qmp-proxy", [&] { return qmp_proxy::run(argc, argv); });
}
