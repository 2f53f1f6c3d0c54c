// The scripted peer of coqmp::testing, under the name that the library's tests use.
#ifndef COQMP_TEST_SUPPORT_FAKE_PEER_HPP
#define COQMP_TEST_SUPPORT_FAKE_PEER_HPP

#include <coqmp/testing/received_command.hpp>
#include <coqmp/testing/scripted_peer.hpp>

namespace coqmp::test {

using fake_peer = testing::scripted_peer;
using testing::received_command;

}  // namespace coqmp::test

#endif
