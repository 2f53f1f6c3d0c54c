// A guest agent that does what a test tells it to: a model of qemu-ga with files, programs and a freeze, without a guest.
#ifndef COQMP_TEST_SUPPORT_FAKE_AGENT_HPP
#define COQMP_TEST_SUPPORT_FAKE_AGENT_HPP

#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::test {

/// What a program does in the guest.
struct fake_program
{
    int polls = 1;               ///< Answers that it still runs before the one that it has ended.
    boost::json::object result;  ///< The answer when it has ended, without `exited`.
};

/// The state of the guest and of its agent. Tests change it at any time.
struct fake_guest
{
    std::map<std::string, std::string> files;
    std::map<std::string, fake_program> programs;
    bool is_frozen = false;

    bool is_silent = false;                             ///< No agent runs: what is received is kept unread.
    bool echoes_ids = true;                             ///< False: an agent before QEMU 4.0.
    bool refuses_ids = false;                           ///< An agent before QEMU 2.12.
    std::set<std::string> held;                         ///< These commands are executed; their answers wait for release().
    std::set<std::string> lost;                         ///< These commands are dropped unexecuted, as by a guest that reboots.
    std::set<std::string> refused;                      ///< These commands fail.
    std::map<std::string, boost::json::value> answers;  ///< These commands return this.
    std::size_t most_written = SIZE_MAX;                ///< Bytes that one `guest-file-write` writes.
    int cut_at = -1;  ///< The connection ends when the command with this number (the first is 0) is received.

    std::vector<std::string> received;  ///< The names of all commands, except those that synchronize.
    int synchronized = 0;
    std::map<std::int64_t, std::string> open_files;
    boost::json::object last_arguments;
};

/// One agent with one client. Use it only on its executor.
class fake_agent
{
public:
    explicit fake_agent(boost::asio::any_io_executor const& executor);
    fake_agent(fake_agent&&) noexcept = default;
    fake_agent& operator=(fake_agent&&) = delete;
    ~fake_agent();

    /// The address for a client; its last copy owns the other end of the connection.
    [[nodiscard]] endpoint const& address() const noexcept { return address_; }

    [[nodiscard]] fake_guest& guest() noexcept;

    /// Sends these bytes.
    void say(std::string_view bytes);
    /// Sends the answers that were held.
    void release();
    /// The agent starts: it reads what was received while it was silent.
    void start();
    /// Ends the connection.
    void close();

    /// Waits until the condition holds.
    boost::asio::awaitable<void> until(std::function<bool()> condition);
    /// Waits until a command with this name has been received.
    boost::asio::awaitable<void> has_received(std::string name);

private:
    struct connection;
    std::shared_ptr<connection> line_;
    endpoint address_;
};

}  // namespace coqmp::test

#endif
