// The connections of a fake QEMU, and what goes wrong on them.
#ifndef COQMP_TESTING_FAKE_LINE_HPP
#define COQMP_TESTING_FAKE_LINE_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace coqmp::testing {

namespace detail {
class fake_qemu_impl;
}  // namespace detail

/// Makes things go wrong between a fake_qemu and its clients. A fault affects all current connections, and later ones until heal().
/// Its place is counted from the call, or from the beginning of a later connection: that many whole messages to the client pass,
/// and that many bytes of the next one. A message ends with its line.
/// @code
/// qemu.line().pause_after(0);     // before a client connects: QEMU accepts, and does not greet
/// qemu.line().pause_after(1);     // it greets, and does not answer
/// qemu.line().end_after(2, 10);   // it greets and negotiates, sends ten bytes of the next message, and disconnects
/// @endcode
/// @par Threads Use it only on the executor of its fake_qemu.
/// @see fake_qemu::line()
class fake_line
{
public:
    explicit fake_line(std::shared_ptr<detail::fake_qemu_impl> qemu) noexcept;

    /// Sends these bytes to each client, whatever they are, after all that was sent before.
    void say(std::string_view bytes);
    /// Sends a reply that no command waits for. @param id of the command: one that was never sent, or was answered long ago
    void say_stale_reply(boost::json::value const& id);
    /// Sends this many events at once. Their name is `FLOOD`, and their data is `{"number": N}`, counted from 0.
    void flood(std::size_t events);

    /// From now on, a client gets at most this many bytes at a time, and more only after it has read them (on TCP: after its kernel
    /// has received them). 0: everything at once. While a client does not read, the execution context is never idle.
    void split(std::size_t bytes);

    /// QEMU falls silent: what it sends is kept until heal(), and lost if QEMU ends before.
    void pause_after(std::size_t messages, std::size_t bytes = 0);
    /// The connection ends.
    void end_after(std::size_t messages, std::size_t bytes = 0);
    /// The connection is reset. Linux resets a unix socket only if bytes of the client were not received, so such a connection is
    /// silent until the client sends more, and is then reset.
    void reset_after(std::size_t messages, std::size_t bytes = 0);

    /// Ends all faults, split() too: sends what was kept, and lets everything pass from now on.
    void heal();

private:
    std::shared_ptr<detail::fake_qemu_impl> qemu_;
};

}  // namespace coqmp::testing

#endif
