// What the caller of a dialogue has to do after a step.
#ifndef COQMP_SRC_PROTOCOL_ACTION_HPP
#define COQMP_SRC_PROTOCOL_ACTION_HPP

#include <coqmp/event.hpp>

#include <boost/system/error_code.hpp>

#include <string>
#include <variant>

namespace coqmp::protocol {

class request;

struct nothing  ///< Nothing to do: continue.
{
    friend bool operator==(nothing, nothing) = default;
};
struct ready  ///< The handshake has succeeded; requests may be submitted.
{
    friend bool operator==(ready, ready) = default;
};
struct answered  ///< A request has its answer and is back with the caller.
{
    request* which = nullptr;
    friend bool operator==(answered, answered) = default;
};
struct happened  ///< An event arrived.
{
    event what;
    friend bool operator==(happened const&, happened const&) = default;
};
struct ignored  ///< A message was dropped and counted; the sentence is for the log.
{
    std::string sentence;
    friend bool operator==(ignored const&, ignored const&) = default;
};
struct ended  ///< The conversation cannot go on.
{
    boost::system::error_code why;
    friend bool operator==(ended const&, ended const&) = default;
};
using action = std::variant<nothing, ready, answered, happened, ignored, ended>;

}  // namespace coqmp::protocol

#endif
