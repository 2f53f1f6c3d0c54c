#include "net/accept_failure.hpp"

#include <cerrno>

namespace coqmp::detail {

// accept(2) names these.
bool concerns_one_connection(int error) noexcept
{
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case EOPNOTSUPP:
        case ETIMEDOUT:
            return true;
        default:
            return false;
    }
}

}  // namespace coqmp::detail
