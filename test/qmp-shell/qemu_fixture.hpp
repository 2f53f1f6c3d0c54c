// What most tests of scripts begin with.
#ifndef COQMP_TEST_QMP_SHELL_QEMU_FIXTURE_HPP
#define COQMP_TEST_QMP_SHELL_QEMU_FIXTURE_HPP

#include "script.hpp"
#include "support/real_qemu.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell::test {

/// A QEMU without a machine, and how to reach it.
struct qemu_fixture
{
    coqmp::test::real_qemu qemu;
    std::string const address = qemu.monitor().path();

    outcome ask(std::vector<std::string> arguments, std::string_view input = {})
    {
        arguments.insert(arguments.begin(), address);
        return run(arguments, input);
    }
};

}  // namespace qmp_shell::test

#endif
