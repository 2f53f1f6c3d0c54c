// Plain sockets of tests.
#ifndef COQMP_TEST_SUPPORT_UNIX_SOCKET_HPP
#define COQMP_TEST_SUPPORT_UNIX_SOCKET_HPP

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

namespace coqmp::test {

inline ::sockaddr_un address_of(std::filesystem::path const& path)
{
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

/// A socket that is bound, and does not listen.
inline int bound_socket(std::filesystem::path const& path)
{
    int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un const address = address_of(path);
    BOOST_REQUIRE(::bind(number, reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0);
    return number;
}

inline int connected_socket(std::filesystem::path const& path)
{
    int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un const address = address_of(path);
    BOOST_REQUIRE(::connect(number, reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0);
    return number;
}

}  // namespace coqmp::test

#endif
