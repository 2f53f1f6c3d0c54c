// What most tests of a prompt begin with.
#ifndef COQMP_TEST_QMP_SHELL_PROMPT_FIXTURE_HPP
#define COQMP_TEST_QMP_SHELL_PROMPT_FIXTURE_HPP

#include "qemu_fixture.hpp"
#include "support/real_qemu.hpp"
#include "support/temporary_directory.hpp"
#include "terminal.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell::test {

constexpr std::string_view prompt = "(QEMU)";

/// A QEMU without a machine, and a home directory for the user of the shell.
struct prompt_fixture
{
    coqmp::test::temporary_directory directory;
    std::filesystem::path const home = directory.path();
    coqmp::test::real_qemu qemu{coqmp::test::real_qemu::no_machine()};
    std::vector<std::string> const address{qemu.monitor().path()};
};

}  // namespace qmp_shell::test

#endif
