// What a wire reports to the monitor that it belongs to.
#ifndef COQMP_SRC_TESTING_WIRE_OWNER_HPP
#define COQMP_SRC_TESTING_WIRE_OWNER_HPP

#include <coqmp/testing/received_command.hpp>

namespace coqmp::testing::detail {

class wire;

class wire_owner
{
public:
    wire_owner(wire_owner const&) = delete;
    wire_owner& operator=(wire_owner const&) = delete;

    virtual void received(received_command what) = 0;
    virtual void ended(wire& which) = 0;

protected:
    wire_owner() = default;
    ~wire_owner() = default;
};

}  // namespace coqmp::testing::detail

#endif
