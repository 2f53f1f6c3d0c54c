#include "net/listen_failure.hpp"

#include "detail/explained_error.hpp"

#include <coqmp/error.hpp>

#include <cerrno>

namespace coqmp::detail {

using boost::system::error_code;

void fail_to_listen(endpoint const& address, error_code why, std::string const& advice)
{
    throw explained_error(why, "cannot listen on " + address.to_string() + ": " + (advice.empty() ? why.message() : advice));
}

void fail_to_listen(endpoint const& address, int why)
{
    if (why == EADDRINUSE)
        fail_to_listen(address, make_error_code(errc::address_in_use), "another process uses it; choose another address");
    fail_to_listen(address, error_code(why, boost::system::system_category()));
}

}  // namespace coqmp::detail
