// The connections of a fake QEMU, and what goes wrong there.
#ifndef COQMP_TESTING_FAKE_LINE_HPP
#define COQMP_TESTING_FAKE_LINE_HPP

#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace coqmp::testing {

namespace detail {
class fake_qemu_impl;
}  // namespace detail

/// What goes wrong between a fake_qemu and its clients. A fault concerns each present connection, and each later one until
/// heal(). Its place is counted from now on, or from the beginning of a later connection: so many whole messages to the client
/// pass, and so many bytes of the next one. A message ends with its line.
/// @code
/// qemu.line().pause_after(0);     // before a client connects: QEMU accepts and does not greet
/// qemu.line().pause_after(1);     // it greets, and does not answer
/// qemu.line().end_after(2, 10);   // ten bytes of the message after the negotiation's answer, and the end
/// @endcode
/// @par Threads Use it only on the executor of its fake_qemu.
/// @see fake_qemu::line()
class fake_line
{
public:
    explicit fake_line(std::shared_ptr<detail::fake_qemu_impl> qemu) noexcept;

    /// Sends these bytes to each client, whatever they are, after everything that was sent before.
    void say(std::string_view bytes);
    /// Sends the reply to a command that was never sent, or was answered long ago. @param id of that command
    void say_stale_reply(boost::json::value const& id);
    /// Sends so many events at once. Their name is `FLOOD`, and their data is `{"number": N}`, from 0.
    void flood(std::size_t events);

    /// From now on, a client gets at most so many bytes at a time, and the next ones when it has read these (on TCP: when its
    /// kernel has received them). 0: everything at once. While a client does not read, the execution context is never idle.
    void split(std::size_t bytes);

    /// QEMU falls silent: what it sends is kept until heal().
    void pause_after(std::size_t messages, std::size_t bytes = 0);
    /// The connection ends.
    void end_after(std::size_t messages, std::size_t bytes = 0);
    /// The connection is reset. The kernel reports the reset of a unix socket only to a client whose bytes were not received;
    /// there the connection is silent until the client sends something more, and is then reset.
    void reset_after(std::size_t messages, std::size_t bytes = 0);

    /// Ends the faults, also split(): sends what was kept, and lets everything pass from now on.
    void heal();

private:
    std::shared_ptr<detail::fake_qemu_impl> qemu_;
};

}  // namespace coqmp::testing

#endif
