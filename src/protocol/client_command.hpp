// What a client asks a server to execute.
#ifndef COQMP_SRC_PROTOCOL_CLIENT_COMMAND_HPP
#define COQMP_SRC_PROTOCOL_CLIENT_COMMAND_HPP

#include <boost/json/object.hpp>

#include <string>

namespace coqmp::protocol {

struct client_command
{
    std::string name;
    boost::json::object arguments;  ///< Empty if the client sent none.
    bool out_of_band = false;       ///< Whether it was sent as `exec-oob`.

    friend bool operator==(client_command const&, client_command const&) = default;
};

}  // namespace coqmp::protocol

#endif
