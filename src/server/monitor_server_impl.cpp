#include "server/monitor_server_impl.hpp"

#include "detail/guarded_hook.hpp"
#include "detail/log.hpp"
#include "net/peer_credentials.hpp"
#include "protocol/server_message.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

void identify(monitor_client& client, int connection)
{
    auto const peer = peer_of(connection);
    if (!peer)
        return;
    client.process = peer->process;
    client.user = peer->user;
    client.group = peer->group;
    client.groups = groups_of_peer(connection);
}

protocol::server_dialogue_options dialogue_options_of(monitor_server_options const& options)
{
    protocol::server_dialogue_options result;
    result.greeting = options.greeting;
    result.limits.max_token_bytes = options.max_message_size;
    return result;
}

}  // namespace

monitor_server_impl::monitor_server_impl(asio::any_io_executor executor, monitor_server_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      home_(std::make_shared<revocable_executor>(this->executor()))
{}

// ---- Beginning and end -----------------------------------------------------------------------------------------------------

endpoint monitor_server_impl::listen(endpoint const& address, socket_access const& access)
{
    auto const acceptor = std::make_shared<connection_acceptor>(executor(), address, access, weak_from_this());
    acceptors_.push_back(acceptor);
    run_at_home([acceptor](monitor_server_impl&) { acceptor->start(); });
    return acceptor->local();
}

bool monitor_server_impl::stop_listening(endpoint const& address)
{
    auto const found = std::ranges::find(acceptors_, address, [](auto const& each) -> endpoint const& { return each->local(); });
    if (found == acceptors_.end())
        return false;
    auto const acceptor = *found;
    acceptors_.erase(found);
    acceptor->remove_file();  // immediately, as in close()
    run_at_home([acceptor](monitor_server_impl&) { acceptor->close(); });
    return true;
}

void monitor_server_impl::close() noexcept
{
    if (!executor() || close_requested_.exchange(true))
        return;  // it was closed with its context, or will end soon
    for (auto const& each : acceptors_)
        each->remove_file();  // immediately: a caller that destroys a server may look for the file right after
    // Like run_at_home(): what was published or answered before comes before the end, even on a strand. From close() on, none
    // of the user's functions is called any more.
    if (home_->is_running())
        end();
    else
        home_->post(close_memory_, [self = shared_from_this()] { self->end(); });
}

void monitor_server_impl::end()
{
    is_closed_ = true;
    for (auto const& each : acceptors_)
        each->close();
    for (auto const& [dial, waiting] : std::exchange(dials_, {})) {
        dial->cancel();
        waiting->post(make_error_code(errc::disconnected), std::uint64_t(0));
    }
    for (auto const& [number, connection] : std::exchange(clients_, {}))
        connection->close();
    client_count_ = 0;
}

void monitor_server_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    is_closed_ = true;
    home_->revoke();
    for (auto const& each : acceptors_)
        each->close();
    for (auto const& [dial, waiting] : std::exchange(dials_, {}))
        dial->cancel();
    for (auto const& [number, connection] : std::exchange(clients_, {}))
        connection->abandon();
}

// ---- Connections -----------------------------------------------------------------------------------------------------------

bool monitor_server_impl::wants_connection() const noexcept
{
    return !is_closed() && accepts_clients_ && clients_.size() < std::max<std::size_t>(options_.most_clients, 1);
}

void monitor_server_impl::take_connection(connection_acceptor const& from, unique_fd connection)
{
    stream_socket socket(executor());
    if (auto const error = adopt(socket, connection.release()))
        return;  // it has been reset already
    serve(std::move(socket), from.local());
}

void monitor_server_impl::accept_failed(connection_acceptor const& from, error_code why)
{
    guarded(*home_, [&] {
        log(options_, log_level::error, "Cannot accept connections on " + from.local().to_string() + ": " + why.message());
    });
}

void monitor_server_impl::execute(monitor_request request)
{
    if (!is_closed())
        handlers_.execute(std::move(request));
}

std::uint64_t monitor_server_impl::serve(stream_socket&& socket, endpoint const& through)
{
    auto const client = std::make_shared<monitor_client>(through);
    client->number = ++last_client_;
    identify(*client, socket.native_handle());
    server_limits const limits{std::max<std::size_t>(options_.in_band_at_once, 1), options_.event_bytes};
    auto const connection = std::make_shared<client_connection>(shared_from_this(), home_, std::move(socket), client,
                                                                dialogue_options_of(options_), limits);
    clients_.emplace(client->number, connection);
    client_count_ = clients_.size();
    if (!is_closed() && call_hook<monitor_client const&>(*home_, options_.on_connected, *client))
        connection->start();
    else
        disconnect(client->number);
    return client->number;
}

void monitor_server_impl::connection_ended(client_connection& which)
{
    auto const client = which.client();
    if (clients_.erase(client->number) == 0)
        return;
    client_count_ = clients_.size();
    if (!is_closed())
        call_hook<monitor_client const&>(*home_, options_.on_disconnected, *client);
    accept_more();
}

void monitor_server_impl::accept_clients(bool wanted)
{
    accepts_clients_ = wanted;
    accept_more();
}

void monitor_server_impl::accept_more()
{
    for (auto const& each : acceptors_)
        each->start();
}

void monitor_server_impl::disconnect(std::uint64_t client)
{
    auto const connection = find(client);
    if (!connection)
        return;
    connection->close();
    connection_ended(*connection);
}

std::shared_ptr<client_connection> monitor_server_impl::find(std::uint64_t client) const
{
    auto const found = clients_.find(client);
    return found == clients_.end() ? nullptr : found->second;
}

// ---- Dialing ---------------------------------------------------------------------------------------------------------------

void monitor_server_impl::dial(std::shared_ptr<dial_handler> const& waiting, endpoint const& client)
{
    if (!*waiting)
        return;  // cancelled on its way here
    if (is_closed())
        return waiting->post(make_error_code(errc::disconnected), std::uint64_t(0));
    auto const begun = std::make_shared<dialer>(executor());
    dials_.push_back({begun, waiting});
    auto done = [self = weak_from_this(), which = begun.get(), client](error_code error, stream_socket socket) {
        if (auto const alive = self.lock())
            alive->dialed(which, client, error, std::move(socket));
    };
    begun->dial(client, std::move(done));
}

void monitor_server_impl::dialed(dialer const* which, endpoint const& client, error_code error, stream_socket socket)
{
    auto const found = std::ranges::find_if(dials_, [which](pending_dial const& each) { return each.dial.get() == which; });
    if (found == dials_.end())
        return;
    pending_dial const over = std::move(*found);
    dials_.erase(found);
    if (!error && !wants_connection())
        error = is_closed() ? make_error_code(errc::disconnected) : error_code(asio::error::connection_refused);
    // An endpoint that owns a descriptor would keep the connection open for as long as there is a copy of monitor_client.
    endpoint const through = client.is_descriptor() ? endpoint::descriptor(client.descriptor_number()) : client;
    std::uint64_t const number = error ? 0 : serve(std::move(socket), through);
    over.waiting->complete(error, number);
}

void monitor_server_impl::cancel_dial(std::shared_ptr<dial_handler> const& waiting)
{
    if (!*waiting)
        return;
    auto const found = std::ranges::find(dials_, waiting, &pending_dial::waiting);
    if (found != dials_.end()) {
        found->dial->cancel();
        dials_.erase(found);
    }
    waiting->post(asio::error::operation_aborted, std::uint64_t(0));
}

// ---- Events ----------------------------------------------------------------------------------------------------------------

void monitor_server_impl::publish(event const& what)
{
    publish(what, protocol::event_text(what));
}

// Sending may end a connection, and the hook that is then called may change the list.
void monitor_server_impl::publish(event const& what, std::string_view text)
{
    for (auto next = clients_.begin(); next != clients_.end();) {
        auto const [number, connection] = *next;
        connection->send_event(what, text);
        next = clients_.upper_bound(number);
    }
}

void monitor_server_impl::publish(event const& what, std::uint64_t client)
{
    if (auto const connection = find(client))
        connection->send_event(what, protocol::event_text(what));
}

void monitor_server_impl::choose_events(std::uint64_t client, event_filter filter)
{
    if (auto const connection = find(client))
        connection->choose_events(std::move(filter));
}

}  // namespace coqmp::detail
