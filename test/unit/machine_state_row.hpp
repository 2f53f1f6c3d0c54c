// A state of a supervised machine, and what each input does there.
#ifndef COQMP_TEST_UNIT_MACHINE_STATE_ROW_HPP
#define COQMP_TEST_UNIT_MACHINE_STATE_ROW_HPP

#include "unit/supervised_machine.hpp"

#include <functional>
#include <map>
#include <ostream>
#include <string>

namespace coqmp::test {

/// What is asked for, and the next state with what is remembered: `launch => starting (asked by the operator); up`.
using effects = std::map<std::string, std::string>;

/// A way into a state, and what each input does there.
struct state_row
{
    char const* name;
    std::function<void(supervised_machine&)> enter;
    effects expected;
    coqmp::restart_policy policy = coqmp::restart_policy::on_failure;
};

inline std::ostream& operator<<(std::ostream& out, state_row const& what)
{
    return out << what.name;
}

inline effects joined(effects first, effects const& second)
{
    first.insert(second.begin(), second.end());
    return first;
}

}  // namespace coqmp::test

#endif
