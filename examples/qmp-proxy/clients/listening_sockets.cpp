#include "clients/listening_sockets.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace qmp_proxy {

namespace {

bool is_same(coqmp::socket_access const& left, coqmp::socket_access const& right)
{
    return left.mode == right.mode && left.owner == right.owner && left.group == right.group;
}

}  // namespace

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
                if (!is_same(before->access, next.access))
                    remake(*before, next.access);
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
            if (std::ranges::any_of(
                    result, [&](socket const& other) { return other.at == each.at && !is_same(other.access, each.access); }))
                remake(each, each.access);
        throw;
    }
    return result;
}

/// For a moment, no client can connect. @throws boost::system::system_error the socket is as it was before
void listening_sockets::remake(socket const& which, coqmp::socket_access const& access)
{
    proxy_.stop_listening(which.at);
    try {
        proxy_.listen(which.at, access);
    } catch (boost::system::system_error const&) {
        proxy_.listen(which.at, which.access);
        throw;
    }
}

listening_sockets::socket const* listening_sockets::find(coqmp::endpoint const& wanted) const
{
    auto const found = std::ranges::find(sockets_, wanted, &socket::wanted);
    return found == sockets_.end() ? nullptr : &*found;
}

}  // namespace qmp_proxy
