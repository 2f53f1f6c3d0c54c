// A command that a client of a monitor server has sent, and its answer.
// Invariant: every request is answered exactly once, unless its client leaves.
#ifndef COQMP_MONITOR_REQUEST_HPP
#define COQMP_MONITOR_REQUEST_HPP

#include <coqmp/command_error.hpp>
#include <coqmp/descriptor.hpp>
#include <coqmp/monitor_client.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp {

class monitor_request;

namespace detail {
class request_impl;
request_impl& impl_of(monitor_request& handle) noexcept;
}  // namespace detail

/// A command of a client. The server's handler answers it, at once or later.
///
/// Destroying a request that was not answered answers it with an error. Answering or destroying a request whose client has left
/// has no effect.
/// @par Threads A request may be answered and destroyed from any thread; use one object from one thread at a time.
/// @par Lifetime It may outlive its server and its execution context.
/// @par Moved from A moved-from request can only be assigned to and destroyed.
/// @see examples/monitor_server.cpp
class monitor_request
{
public:
    explicit monitor_request(std::unique_ptr<detail::request_impl> impl) noexcept;
    monitor_request(monitor_request&&) noexcept;
    /// Replaces this request, which is first answered with an error, unless it was answered already.
    monitor_request& operator=(monitor_request&& other) noexcept;
    ~monitor_request();

    /// The command's name, whatever the client has written. @par Lifetime valid as long as the request, like the arguments
    [[nodiscard]] std::string const& name() const noexcept;
    /// Empty if the client sent none.
    [[nodiscard]] boost::json::object const& arguments() const noexcept;
    /// The arguments, for a handler that wants to move them.
    [[nodiscard]] boost::json::object& arguments() noexcept;
    /// Whether the client wants it to be executed out of band (`exec-oob`).
    [[nodiscard]] bool is_out_of_band() const noexcept;
    /// The client that sent it. @par Lifetime valid as long as the request
    [[nodiscard]] monitor_client const& client() const noexcept;

    /// The descriptors that came with the command, for example one for `getfd`. Those that are not taken are closed with the request.
    /// @param most how many the command wants; the others are closed
    [[nodiscard]] std::vector<descriptor> take_descriptors(std::size_t most = 1);

    /// Answers with `{"return": value}`. The answer leaves after those of the client's earlier in-band commands. Does nothing if the
    /// request was answered.
    /// @param value most commands return an empty object
    void answer(boost::json::value const& value = boost::json::object());
    /// The same, with descriptors for the client.
    void answer(boost::json::value const& value, std::vector<descriptor> descriptors);
    /// The same with a value that is text already. @param value JSON in ASCII on one line: anything else breaks the conversation
    void answer_text(std::string_view value);
    /// Answers with `{"error": {"class", "desc"}}`. Does nothing if the request was answered.
    void fail(command_error const& error);
    /// The same with the class `GenericError`.
    void fail(std::string description);

    /// False once the request is answered.
    [[nodiscard]] bool is_pending() const noexcept;

private:
    friend detail::request_impl& detail::impl_of(monitor_request& handle) noexcept;

    std::unique_ptr<detail::request_impl> impl_;
};

}  // namespace coqmp

#endif
