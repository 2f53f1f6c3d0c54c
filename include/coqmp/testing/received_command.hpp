// A command that a client has sent to a peer in a test.
#ifndef COQMP_TESTING_RECEIVED_COMMAND_HPP
#define COQMP_TESTING_RECEIVED_COMMAND_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/detail/boost_version.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace coqmp::testing {

/// A command as it was received.
/// @see scripted_peer::receive(), fake_qemu::received()
struct received_command
{
    std::string name;  ///< Empty: the client has sent something that is not a command.
    boost::json::object arguments;
    boost::json::value id;  ///< null: none
    bool out_of_band = false;
    std::string text;  ///< Exactly as it was received.
    /// Those that came with it. Empty for a fake_qemu, whose handlers take them: monitor_request::take_descriptors().
    std::vector<descriptor> descriptors;
};

}  // namespace coqmp::testing

#endif
