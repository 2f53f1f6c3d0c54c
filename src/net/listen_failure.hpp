// The error of an endpoint that cannot be listened on.
#ifndef COQMP_SRC_NET_LISTEN_FAILURE_HPP
#define COQMP_SRC_NET_LISTEN_FAILURE_HPP

#include <coqmp/endpoint.hpp>

#include <boost/system/error_code.hpp>

#include <string>

namespace coqmp::detail {

/// @param advice the rest of the sentence; empty: the message of the code
/// @throws boost::system::system_error `cannot listen on ENDPOINT: ADVICE`
[[noreturn]] void fail_to_listen(endpoint const& address, boost::system::error_code why, std::string const& advice = {});

/// The same with an error of the kernel's.
[[noreturn]] void fail_to_listen(endpoint const& address, int why);

}  // namespace coqmp::detail

#endif
