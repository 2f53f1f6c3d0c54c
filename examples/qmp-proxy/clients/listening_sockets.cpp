#include "clients/listening_sockets.hpp"

#include "daemon/access/listen_again.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace qmp_proxy {

std::vector<coqmp::endpoint> listening_sockets::apply(std::vector<listen_settings> const& wanted)
{
    std::vector<socket> const opened = open(wanted);
    for (socket const& each : sockets_)
        if (std::ranges::find(opened, each.at, &socket::at) == opened.end())
            proxy_.stop_listening(each.at);
    sockets_ = opened;
    std::vector<coqmp::endpoint> result;
    for (socket const& each : sockets_)
        result.push_back(each.at);
    return result;
}

std::vector<listening_sockets::socket> listening_sockets::open(std::vector<listen_settings> const& wanted)
{
    std::vector<socket> result;
    std::vector<coqmp::endpoint> made;
    try {
        for (listen_settings const& each : wanted) {
            coqmp::endpoint const& address = *each.address.value;
            socket next{address, address, each.access()};
            if (socket const* const before = find(address)) {
                next.at = before->at;
                if (before->access != next.access)
                    coqmp_daemon::listen_again(proxy_, before->at, before->access, next.access);
            } else {
                next.at = proxy_.listen(address, next.access);
                made.push_back(next.at);
            }
            result.push_back(std::move(next));
        }
    } catch (boost::system::system_error const&) {
        for (coqmp::endpoint const& each : made)
            proxy_.stop_listening(each);
        for (socket const& each : sockets_)
            if (std::ranges::any_of(result,
                                    [&](socket const& other) { return other.at == each.at && other.access != each.access; }))
                coqmp_daemon::listen_again(proxy_, each.at, each.access, each.access);
        throw;
    }
    return result;
}

listening_sockets::socket const* listening_sockets::find(coqmp::endpoint const& wanted) const
{
    auto const found = std::ranges::find(sockets_, wanted, &socket::wanted);
    return found == sockets_.end() ? nullptr : &*found;
}

}  // namespace qmp_proxy
