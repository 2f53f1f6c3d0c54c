// Includes all headers of coqmp::testing.
#ifndef COQMP_TESTING_TESTING_HPP
#define COQMP_TESTING_TESTING_HPP

#include <coqmp/testing/fake_guest.hpp>
#include <coqmp/testing/fake_line.hpp>
#include <coqmp/testing/fake_qemu.hpp>
#include <coqmp/testing/fake_qemu_options.hpp>
#include <coqmp/testing/panic_action.hpp>
#include <coqmp/testing/received_command.hpp>
#include <coqmp/testing/replay.hpp>
#include <coqmp/testing/scripted_peer.hpp>
#include <coqmp/testing/transcript.hpp>
#include <coqmp/testing/transcript_mismatch.hpp>
#include <coqmp/testing/watchdog_action.hpp>

#endif
