// The state behind a fake QEMU: its guest, its monitor, and what it does with each command.
// Invariant: all of it is used on one executor.
#ifndef COQMP_SRC_TESTING_FAKE_QEMU_IMPL_HPP
#define COQMP_SRC_TESTING_FAKE_QEMU_IMPL_HPP

#include "server/running_coroutines.hpp"
#include "testing/faulty_monitor.hpp"
#include "testing/guest_model.hpp"
#include "testing/held_commands.hpp"

#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/schema.hpp>
#include <coqmp/testing/fake_qemu_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace coqmp::testing::detail {

class fake_qemu_impl : public std::enable_shared_from_this<fake_qemu_impl>
{
public:
    fake_qemu_impl(boost::asio::any_io_executor executor, fake_qemu_options options);
    /// After the constructor.
    void start();

    [[nodiscard]] faulty_monitor& monitor() noexcept { return *monitor_; }
    [[nodiscard]] guest_model& guest() noexcept { return guest_; }
    [[nodiscard]] held_commands& held() noexcept { return *held_; }

    void handle(std::string command, monitor_server::callback handler, command_bands bands);
    void handle(std::string command, monitor_server::coroutine handler, command_bands bands);
    /// Executes the commands that were held.
    void release();
    void execute(monitor_request request);

    /// Publishes the events of a change, and ends if it is the end.
    void happen(guest_change const& change);

    /// The end of QEMU.
    void exit();
    /// The end of this object.
    void close();
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

private:
    struct handling
    {
        monitor_server::callback handler;
        command_bands bands;
    };

    void arrive(monitor_request request);

    void add_own_commands();
    void add_query(std::string name, std::function<boost::json::value()> value);
    void add_change(std::string name, std::function<guest_change()> change);
    [[nodiscard]] std::vector<std::string> command_names() const;

    boost::asio::any_io_executor const executor_;
    fake_qemu_options const options_;
    schema const schema_;  // empty if the test gave none
    guest_model guest_;
    std::shared_ptr<held_commands> const held_;
    std::shared_ptr<faulty_monitor> monitor_;
    std::map<std::string, handling, std::less<>> handlers_;
    coqmp::detail::running_coroutines running_;
    bool has_ended_ = false;
};

}  // namespace coqmp::testing::detail

#endif
