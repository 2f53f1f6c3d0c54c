#include <coqmp/endpoint.hpp>

#include <coqmp/error.hpp>

#include "detail/explained_error.hpp"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <ostream>
#include <utility>

namespace coqmp {

namespace {

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

/// @param why may quote the rejected address, and so contain any character: a NUL would cut the message short, and a terminal
/// interprets the other control characters.
[[noreturn]] void refuse(std::string why)
{
    auto const is_control = [](char each) { return (each >= '\0' && each < ' ') || each == '\x7f'; };
    std::replace_if(why.begin(), why.end(), is_control, '?');
    throw detail::explained_error(make_error_code(errc::invalid_endpoint), why);
}

std::string in_quotes(std::string_view text)
{
    return "'" + std::string(text) + "'";
}

bool take_prefix(std::string_view& text, std::string_view prefix) noexcept
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// Accepts only digits: no sign, no space, and no number that does not fit.
template <class Number>
bool read_number(std::string_view text, Number& number) noexcept
{
    if (text.empty() || !std::all_of(text.begin(), text.end(), [](char each) { return each >= '0' && each <= '9'; }))
        return false;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc();
}

std::uint16_t read_port(std::string_view text)
{
    std::uint16_t port = 0;
    if (text.empty())
        refuse("the port is missing: write host:port");
    if (!read_number(text, port))
        refuse("the port " + in_quotes(text) + " is not a number from 0 to 65535");
    return port;
}

/// The zone of the address (`%eth0`) may be any text.
bool may_be_ipv6(std::string_view host)
{
    return host.substr(0, host.find('%')).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

endpoint parse_bracketed(std::string_view text)
{
    std::size_t const end = text.find(']');
    if (end == std::string_view::npos)
        refuse("the address " + in_quotes(text) + " has no closing bracket: write [::1]:4444");
    std::string_view const host = text.substr(1, end - 1);
    std::string_view const rest = text.substr(end + 1);
    if (host.empty())
        refuse("there is no address between the brackets: write [::1]:4444");
    if (!rest.starts_with(':'))
        refuse("the port is missing after the bracket: write [::1]:4444");
    return endpoint::tcp(std::string(host), read_port(rest.substr(1)));
}

endpoint parse_tcp(std::string_view text)
{
    if (std::size_t const comma = text.find(','); comma != std::string_view::npos)
        refuse(in_quotes(text) + " has options of QEMU's command line: write " + parse_tcp(text.substr(0, comma)).to_string());
    if (text.starts_with('['))
        return parse_bracketed(text);
    std::size_t const colon = text.rfind(':');
    if (colon == std::string_view::npos)
        refuse("the port is missing in " + in_quotes(text) + ": write host:port");
    std::string_view const host = text.substr(0, colon);
    if (host.find(':') != std::string_view::npos && !may_be_ipv6(host))
        refuse(in_quotes(text) + " has more than one colon: write tcp:host:port");
    if (host.find(':') != std::string_view::npos)
        refuse("an IPv6 address needs brackets: write [" + std::string(host) + "]:" + std::string(text.substr(colon + 1)));
    if (host.empty())
        refuse("the host is missing: write localhost" + std::string(text.substr(colon)));
    return endpoint::tcp(std::string(host), read_port(text.substr(colon + 1)));
}

/// Shows how to write the address of a URL or of telnet in coqmp's notation. @param rest the text without its scheme
[[noreturn]] void refuse_url(std::string_view text, std::string_view rest)
{
    take_prefix(rest, "//");
    rest = rest.substr(0, rest.find_first_of("/,"));
    refuse(in_quotes(text) + " is in the notation of another program: write " + parse_tcp(rest).to_string());
}

endpoint parse_descriptor(std::string_view text)
{
    int number = 0;
    if (!read_number(text, number))
        refuse("the descriptor " + in_quotes(text) + " is not a number: write fd:7");
    return endpoint::descriptor(number);
}

}  // namespace

endpoint endpoint::unix_socket(std::string path)
{
    if (path.empty())
        refuse("the path of the unix socket is empty: write unix:/path/to/socket");
    if (path.find('\0') != std::string::npos)
        refuse("the path contains a NUL byte: abstract sockets are not supported, use a path in the file system");
    if (path.size() > longest_path)
        refuse("the path has " + std::to_string(path.size()) + " bytes, but the path of a unix socket has at most " +
               std::to_string(longest_path) + ": use a shorter path");
    return endpoint(unix_address{std::move(path)});
}

endpoint endpoint::tcp(std::string host, std::uint16_t port)
{
    if (host.empty())
        refuse("the host is empty: use a name or an address, such as localhost");
    if (host.find('\0') != std::string::npos)
        refuse("the host contains a NUL byte: use a name or an address, such as localhost");
    // parse() could not read such a host back from to_string(): a comma begins QEMU's options, and brackets enclose an address.
    if (host.find(',') != std::string::npos)
        refuse("the host " + in_quotes(std::string_view(host)) +
               " contains a comma: use a name or an address, such as localhost");
    if (host.find_first_of("[]") != std::string::npos)
        refuse("the host " + in_quotes(std::string_view(host)) + " contains a bracket: write the address itself, such as ::1");
    return endpoint(tcp_address{std::move(host), port});
}

endpoint endpoint::descriptor(int number)
{
    if (number < 0)
        refuse("the descriptor " + std::to_string(number) + " is negative: use the descriptor of a connected socket");
    return endpoint(descriptor_address{number});
}

endpoint endpoint::descriptor(coqmp::descriptor socket)
{
    if (socket.number() < 0)
        refuse("the descriptor is empty: use that of a connected socket");
    return endpoint(descriptor_address{std::move(socket)});
}

endpoint endpoint::parse(std::string_view text)
{
    std::string_view rest = text;
    if (take_prefix(rest, "unix:"))
        return unix_socket(std::string(rest));
    if (take_prefix(rest, "telnet:") || take_prefix(rest, "tcp://"))
        refuse_url(text, rest);
    if (take_prefix(rest, "tcp:"))
        return parse_tcp(rest);
    if (take_prefix(rest, "fd:"))
        return parse_descriptor(rest);
    if (text.empty())
        refuse("the address is empty: write unix:/path, tcp:host:port or fd:number");
    if (text.starts_with('['))
        return parse_tcp(text);
    // A host name has no slash, and an address without a colon has no port: both can only be paths.
    if (text.find('/') != std::string_view::npos || text.find(':') == std::string_view::npos)
        return unix_socket(std::string(text));
    return parse_tcp(text);
}

std::string endpoint::to_string() const
{
    if (is_unix())
        return "unix:" + path();
    if (is_descriptor())
        return "fd:" + std::to_string(descriptor_number());
    bool const bracketed = host().find(':') != std::string::npos;
    return "tcp:" + (bracketed ? "[" + host() + "]" : host()) + ":" + std::to_string(port());
}

std::ostream& operator<<(std::ostream& out, endpoint const& address)
{
    return out << address.to_string();
}

}  // namespace coqmp
