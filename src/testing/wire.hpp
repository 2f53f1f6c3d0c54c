// Carries bytes between a client and the monitor server of a fake QEMU. The faults are here, because a monitor server has none.
// Invariant: a client receives what the server and the test sent, in order, as far as the gate lets it pass.
#ifndef COQMP_SRC_TESTING_WIRE_HPP
#define COQMP_SRC_TESTING_WIRE_HPP

#include "testing/command_reader.hpp"
#include "testing/line_gate.hpp"
#include "testing/stream.hpp"
#include "testing/wire_output.hpp"
#include "testing/wire_owner.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace coqmp::testing::detail {

class wire : public std::enable_shared_from_this<wire>
{
public:
    /// @param client a connected socket @param monitor one end of a pair; the server has the other
    wire(std::weak_ptr<wire_owner> owner, stream client, stream monitor);

    void start();
    /// Sends as much as the kernel accepts now of what the server has sent, and ends both connections.
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return client_.is_open(); }

    /// Sends bytes that the server would not send.
    void say(std::string_view bytes);
    void set_gate(line_gate gate);
    void split(std::size_t bytes);

private:
    void read_client();
    void client_is_readable();
    void record(std::string_view bytes);
    void send_to_monitor();

    void read_monitor();
    bool take_from_monitor();
    void send_to_client();
    bool send_part();
    void wait_until_read();
    void meet_fault();
    void reset();
    void end() noexcept;

    std::weak_ptr<wire_owner> owner_;
    stream client_;
    stream monitor_;
    command_reader reader_;
    wire_output to_monitor_;
    wire_output to_client_;
    line_gate gate_;
    std::size_t most_at_once_ = 0;  // 0: no limit
    bool monitor_has_ended_ = false;
    bool is_resetting_ = false;
    bool is_sending_to_client_ = false;  // a wait is pending
    bool is_sending_to_monitor_ = false;
};

}  // namespace coqmp::testing::detail

#endif
