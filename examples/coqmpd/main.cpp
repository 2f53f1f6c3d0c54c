// coqmpd: all machines of a host. `man coqmpd` says how it is used.
#include "daemon/program.hpp"
#include "run.hpp"

int main(int argc, char** argv)
{
    return coqmp_daemon::run_program("coqmpd", [&] { return coqmpd::run(argc, argv); });
}
