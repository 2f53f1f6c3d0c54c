// The connection of a session: reads bytes, writes the output, notices the end.
// Invariant: while the connection is open, one wait for readable bytes is pending, or its handler runs.
#ifndef COQMP_SRC_SESSION_TRANSPORT_HPP
#define COQMP_SRC_SESSION_TRANSPORT_HPP

#include "detail/handler_memory.hpp"
#include "net/socket.hpp"
#include "protocol/dialogue.hpp"
#include "session/turn_handler.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace coqmp::detail {

/// Owns the socket. Used on the session's executor only.
class transport
{
public:
    /// Bytes of one read. After a full one there may be more.
    static constexpr std::size_t read_size = std::size_t{64} << 10;

    explicit transport(turn_handler& owner) noexcept : owner_(owner) {}

    /// Takes over a connected socket and waits for its first bytes.
    /// @param is_shared whether the caller has another descriptor of the connection, so that closing the socket does not end it
    void open(stream_socket&& socket, bool is_shared);

    [[nodiscard]] bool is_open() const noexcept { return socket_ && socket_->is_open(); }

    /// Whether others have a descriptor of the connection, too, so that closing the socket does not end it: close() does then.
    void share(bool is_shared) noexcept { is_shared_ = is_shared; }

    /// Another descriptor of the connection. @throws boost::system::system_error the kernel's error, also if there is none
    [[nodiscard]] descriptor duplicate();

    /// Reads once, without waiting.
    /// @return what there was; valid until this thread reads again
    /// @param error set at the end of the connection
    [[nodiscard]] std::string_view read_available(boost::system::error_code& error);

    /// Whether flush() would try to write.
    [[nodiscard]] bool can_write() const noexcept { return writer_ == writer::idle && is_open(); }

    /// Writes the output of the dialogue, as much as the kernel takes. Calls turn_handler::on_turn() when it takes more.
    void flush(protocol::dialogue& source);

    /// Ends the wait for readable bytes (after close() it has ended already), and so causes a call of
    /// turn_handler::on_readable(). Allocates nothing.
    /// @return false if there is no such wait
    bool interrupt_read() noexcept;

    void close() noexcept;

    /// The execution context ends: closes and destroys the socket.
    void reset() noexcept
    {
        close();
        socket_.reset();
    }

private:
    enum class writer {
        idle,     ///< The kernel takes bytes.
        blocked,  ///< Waiting until it takes more.
        broken    ///< It takes no more. The bytes that the peer has sent can still be read.
    };

    void arm_read();
    void on_readable();
    void arm_write();
    /// Keeps the session alive.
    [[nodiscard]] std::shared_ptr<transport> pointer();

    turn_handler& owner_;
    handler_memory read_memory_;
    bool reading_ = false;                 // a wait for readable bytes is pending
    std::optional<stream_socket> socket_;  // none before open() and after reset()
    writer writer_ = writer::idle;
    bool is_shared_ = false;
};

}  // namespace coqmp::detail

#endif
