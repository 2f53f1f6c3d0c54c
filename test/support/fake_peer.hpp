// A QMP peer that follows a test's script.
// Invariant: the peer does nothing by itself. It sends no greeting, answer or event unless the test says so.
#ifndef COQMP_TEST_SUPPORT_FAKE_PEER_HPP
#define COQMP_TEST_SUPPORT_FAKE_PEER_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::test {

/// A command as the peer received it.
struct received_command
{
    std::string name;
    boost::json::object arguments;
    boost::json::value id;
    bool out_of_band = false;
    std::string text;                     ///< exactly as it was received
    std::vector<descriptor> descriptors;  ///< received with it
};

/// One monitor with one client. A conversation reads as a dialogue:
/// @code
/// co_await peer.handshake();
/// auto const id = co_await peer.expect("query-status");
/// peer.answer(id, {{"status", "running"}});
/// @endcode
/// Its messages are sent in order, immediately if the kernel accepts them. Use it only on its executor.
class fake_peer
{
public:
    /// A connected pair of sockets: the peer has one end, address() is the other.
    [[nodiscard]] static fake_peer pair(boost::asio::any_io_executor executor);

    /// Listens at this address. Port 0 chooses a free one.
    fake_peer(boost::asio::any_io_executor executor, endpoint const& where, int backlog = 8);

    /// Connects to a listener, as a launched QEMU does; address() is the listener's.
    [[nodiscard]] static fake_peer calling(boost::asio::any_io_executor executor, endpoint const& listener);

    fake_peer(fake_peer&&) noexcept = default;
    fake_peer& operator=(fake_peer&&) = delete;
    ~fake_peer();

    /// The address for a client. That of a pair is given away: it can be used once, and its last copy owns the other end.
    [[nodiscard]] endpoint address();
    [[nodiscard]] endpoint const& address() const noexcept { return address_; }

    /// Waits for a client that replaces the current one.
    boost::asio::awaitable<void> accept();

    static constexpr std::string_view greeting_text =
        R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "fake"}, "capabilities": ["oob"]}})";

    /// Greets, expects `qmp_capabilities` and answers it.
    boost::asio::awaitable<void> handshake();
    /// Sends the greeting.
    void greet() { say(greeting_text); }

    /// Sends these bytes.
    void say(std::string_view bytes);
    /// Sends these bytes one at a time, each once the client has read the one before.
    boost::asio::awaitable<void> say_one_by_one(std::string bytes);
    void answer(boost::json::value const& id, boost::json::value const& returned = boost::json::object());
    void refuse(boost::json::value const& id, std::string_view error_class, std::string_view description);
    void event(std::string_view name, boost::json::object const& data = {});

    /// Waits until the kernel has accepted everything.
    boost::asio::awaitable<void> flushed();

    /// The next command, whatever it is. @throws boost::system::system_error eof if the client has disconnected
    boost::asio::awaitable<received_command> receive();
    /// The next command, which must have this name. @return its id @throws std::runtime_error if it has another
    boost::asio::awaitable<boost::json::value> expect(std::string name);
    /// Expects a command and answers it.
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

    fake_peer(std::shared_ptr<connection> line, endpoint address) : line_(std::move(line)), address_(std::move(address)) {}

    std::shared_ptr<connection> line_;
    endpoint address_;
};

}  // namespace coqmp::test

#endif
