// Where a monitor is.
#ifndef COQMP_ENDPOINT_HPP
#define COQMP_ENDPOINT_HPP

#include <coqmp/descriptor.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coqmp {

/// The address of a monitor: a unix socket, a TCP port, or a socket that is connected already.
/// @par Threads Distinct objects may be used from distinct threads.
class endpoint
{
public:
    /// The address of a unix socket. @param path as text; a `std::filesystem::path` converts to it
    /// @throws boost::system::system_error errc::invalid_endpoint if the path is empty, holds a NUL or is longer than the
    /// 107 bytes that a socket address takes
    /// @see examples/listener.cpp
    [[nodiscard]] static endpoint unix_socket(std::string path);

    /// The address of a TCP port.
    /// @param host a name or a numeric address (IPv6 without brackets); for a listener also `*`: all addresses, IPv4 and IPv6
    /// @param port 0 to 65535; with 0 the kernel chooses a port for a listener
    /// @throws boost::system::system_error errc::invalid_endpoint if the host is empty or holds a NUL or a bracket
    [[nodiscard]] static endpoint tcp(std::string host, std::uint16_t port);

    /// A connected stream socket of this process, by its number. The socket stays the caller's: a session uses a duplicate and,
    /// when it ends, shuts the connection down.
    /// @throws boost::system::system_error errc::invalid_endpoint if the number is negative
    [[nodiscard]] static endpoint descriptor(int number);

    /// A connected stream socket that the endpoint owns together with its copies, so that it is closed with the last of them. A
    /// session uses a duplicate and, when it ends, shuts the connection down.
    /// @throws boost::system::system_error errc::invalid_endpoint if the descriptor is empty
    [[nodiscard]] static endpoint descriptor(coqmp::descriptor socket);

    /// Reads `unix:/path`, a bare path (what has a slash, or no colon), `tcp:host:port`, `host:port`, `[::1]:port`,
    /// `tcp:[::1]:port`, `fd:number`.
    /// @throws boost::system::system_error errc::invalid_endpoint, with a text that says what is wrong and what would be right
    /// @see examples/first_command.cpp
    [[nodiscard]] static endpoint parse(std::string_view text);

    [[nodiscard]] bool is_unix() const noexcept { return address_.index() == 0; }
    [[nodiscard]] bool is_tcp() const noexcept { return address_.index() == 1; }
    [[nodiscard]] bool is_descriptor() const noexcept { return address_.index() == 2; }

    /// @throws std::bad_variant_access if it is not a unix socket
    [[nodiscard]] std::string const& path() const { return std::get<unix_address>(address_).path; }
    /// @throws std::bad_variant_access if it is not TCP
    [[nodiscard]] std::string const& host() const { return std::get<tcp_address>(address_).host; }
    /// @throws std::bad_variant_access if it is not TCP
    [[nodiscard]] std::uint16_t port() const { return std::get<tcp_address>(address_).port; }
    /// @throws std::bad_variant_access if it is not a descriptor
    [[nodiscard]] int descriptor_number() const { return std::get<descriptor_address>(address_).number(); }

    /// A text that parse() reads back: `unix:/path`, `tcp:host:port`, `tcp:[::1]:port`, `fd:7`.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(endpoint const&, endpoint const&) = default;

private:
    struct unix_address
    {
        std::string path;
        friend bool operator==(unix_address const&, unix_address const&) = default;
    };
    struct tcp_address
    {
        std::string host;
        std::uint16_t port;
        friend bool operator==(tcp_address const&, tcp_address const&) = default;
    };
    struct descriptor_address
    {
        std::variant<int, coqmp::descriptor> socket;  ///< the caller's, or the endpoint's own
        [[nodiscard]] int number() const noexcept
        {
            auto const* const own = std::get_if<coqmp::descriptor>(&socket);
            return own ? own->number() : *std::get_if<int>(&socket);
        }
        friend bool operator==(descriptor_address const& left, descriptor_address const& right) noexcept
        {
            return left.number() == right.number();
        }
    };
    using address = std::variant<unix_address, tcp_address, descriptor_address>;

    explicit endpoint(address value) : address_(std::move(value)) {}

    address address_;
};

/// Prints to_string().
std::ostream& operator<<(std::ostream& out, endpoint const& address);

}  // namespace coqmp

#endif
