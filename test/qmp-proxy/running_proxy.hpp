// A qmp-proxy with a service manager, for tests.
#ifndef COQMP_TEST_QMP_PROXY_RUNNING_PROXY_HPP
#define COQMP_TEST_QMP_PROXY_RUNNING_PROXY_HPP

#include "support/running_daemon.hpp"
#include "support/text.hpp"

#include <string>
#include <vector>

namespace qmp_proxy::test {

using coqmp::test::contains;
using coqmp::test::content;
using coqmp::test::outcome;
using coqmp::test::times;
using coqmp::test::wait_for_end;
using proxy_fixture = coqmp::test::daemon_fixture;

class running_proxy : public coqmp::test::running_daemon
{
public:
    explicit running_proxy(std::vector<std::string> const& arguments, std::vector<std::string> const& settings = {})
        : running_daemon(QMP_PROXY_PROGRAM, arguments, settings)
    {}
};

/// Runs the program to its end.
inline outcome run_proxy(std::vector<std::string> const& arguments)
{
    return coqmp::test::run_daemon(QMP_PROXY_PROGRAM, arguments);
}

}  // namespace qmp_proxy::test

#endif
