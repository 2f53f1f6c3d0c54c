// What most tests of scripts begin with.
#ifndef COQMP_TEST_QMP_SHELL_QEMU_FIXTURE_HPP
#define COQMP_TEST_QMP_SHELL_QEMU_FIXTURE_HPP

#include "script.hpp"
#include "support/real_qemu.hpp"

#include <cstddef>
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

inline bool has(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

inline std::size_t times(std::string const& text, std::string_view part)
{
    std::size_t result = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++result;
    return result;
}

}  // namespace qmp_shell::test

#endif
