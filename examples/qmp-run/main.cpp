// qmp-run: one machine under a service manager. `man qmp-run` says how it is used.
#include "daemon/program.hpp"
#include "run.hpp"

int main(int argc, char** argv)
{
    return coqmp_daemon::run_program("qmp-run", [&] { return qmp_run::run(argc, argv); });
}
