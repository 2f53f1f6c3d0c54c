// A QMP peer that follows a test's script.
// Invariant: the peer does nothing by itself. It sends no greeting, answer or event unless the test says so.
#ifndef COQMP_TESTING_SCRIPTED_PEER_HPP
#define COQMP_TESTING_SCRIPTED_PEER_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/testing/received_command.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace coqmp::testing {

/// One monitor with one client, for a test that chooses every byte that the client gets, right or wrong, and when it gets it. For a
/// monitor that behaves as QEMU's does, see fake_qemu. A conversation reads as a dialogue:
/// @code
/// coqmp::testing::scripted_peer peer = coqmp::testing::scripted_peer::pair(executor);
/// client.async_connect(peer.address(), ...);
/// co_await peer.handshake();
/// auto const id = co_await peer.expect("query-status");
/// peer.answer(id, {{"status", "running"}});
/// @endcode
/// Its messages are sent in order, and immediately if the kernel accepts them. It never waits for time to pass: a late message is one
/// that the test sends later.
/// @par Errors Its coroutines throw boost::system::system_error: `eof` or the kernel's error when the client has disconnected,
/// the parser's error if the client sends bytes that are not JSON.
/// @par Threads Use it only on its executor.
/// @par Lifetime Destroying the peer disconnects its client. A coroutine that is waiting then ends with an error.
/// @par Moved from A moved-from peer can only be destroyed.
/// @see replay(), fake_qemu
class scripted_peer
{
public:
    /// A connected pair of sockets: the peer has one end, address() is the other.
    [[nodiscard]] static scripted_peer pair(boost::asio::any_io_executor executor);

    /// Listens at this address. The socket file of a unix socket must not exist, and stays when the peer is destroyed.
    /// @param where a unix socket, or a TCP port of a numeric address; port 0 chooses a free one
    /// @param backlog how many clients the kernel keeps until accept()
    /// @throws boost::system::system_error the kernel's error
    scripted_peer(boost::asio::any_io_executor executor, endpoint const& where, int backlog = 8);

    /// Connects to a listener, as a launched QEMU does; address() is the listener's.
    [[nodiscard]] static scripted_peer calling(boost::asio::any_io_executor executor, endpoint const& listener);

    scripted_peer(scripted_peer&&) noexcept;
    scripted_peer& operator=(scripted_peer&&) = delete;
    ~scripted_peer();

    /// The address for a client. The address of a pair can be used once, and its last copy owns the client's end.
    [[nodiscard]] endpoint address();
    [[nodiscard]] endpoint const& address() const noexcept { return address_; }

    /// Waits for a client, which replaces the current one.
    boost::asio::awaitable<void> accept();

    static constexpr std::string_view greeting_text =
        R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "fake"}, "capabilities": ["oob"]}})";

    /// Greets, expects `qmp_capabilities` and answers it.
    boost::asio::awaitable<void> handshake();
    /// Sends the greeting.
    void greet() { say(greeting_text); }

    /// Sends these bytes.
    void say(std::string_view bytes);
    /// Sends these bytes one at a time, each after the client has read the previous one.
    boost::asio::awaitable<void> say_one_by_one(std::string bytes);
    /// Answers a command. @param id received_command::id; null: the answer has none
    void answer(boost::json::value const& id, boost::json::value const& returned = boost::json::object());
    /// Answers a command with an error.
    void refuse(boost::json::value const& id, std::string_view error_class, std::string_view description);
    /// Sends an event. Its timestamp is 1.000002 s after the epoch.
    void event(std::string_view name, boost::json::object const& data = {});

    /// Waits until the kernel has accepted everything.
    boost::asio::awaitable<void> flushed();

    /// Waits for the next command, whatever it is.
    boost::asio::awaitable<received_command> receive();
    /// Waits for the next command, which must have this name. @return its id @throws std::runtime_error it has another name
    boost::asio::awaitable<boost::json::value> expect(std::string name);
    /// Waits for a command of this name and answers it.
    boost::asio::awaitable<void> serve(std::string name, boost::json::value returned = boost::json::object());
    /// Waits until the client disconnects. @return the bytes that this peer had not received before
    boost::asio::awaitable<std::string> end();

    /// Whether the client has sent bytes that this peer has not received.
    [[nodiscard]] bool has_input() const;

    /// Disconnects once everything is sent.
    void close();
    /// Disconnects with a reset. On a unix socket this requires bytes that the client has sent and this peer has not received.
    void reset();

private:
    struct connection;

    scripted_peer(std::shared_ptr<connection> line, endpoint address);

    std::shared_ptr<connection> line_;
    endpoint address_;
};

}  // namespace coqmp::testing

#endif
