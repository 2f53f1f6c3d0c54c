// Commands that a fake QEMU keeps, so that the test can answer them.
#ifndef COQMP_SRC_TESTING_HELD_COMMANDS_HPP
#define COQMP_SRC_TESTING_HELD_COMMANDS_HPP

#include <coqmp/monitor_request.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace coqmp::testing::detail {

/// Used on one executor.
class held_commands : public std::enable_shared_from_this<held_commands>
{
public:
    explicit held_commands(boost::asio::any_io_executor const& executor);

    /// From now on, commands of this name are to be held.
    void hold(std::string name) { names_.insert(std::move(name)); }
    /// From now on, all commands are to be held.
    void hold_all() noexcept { holds_all_ = true; }
    [[nodiscard]] bool wants(std::string_view name) const { return holds_all_ || names_.contains(name); }

    void add(monitor_request request);
    /// The next command, which must have this name.
    [[nodiscard]] boost::asio::awaitable<monitor_request> expect(std::string name);
    /// Nothing is to be held any more. @return the commands that were held
    [[nodiscard]] std::deque<monitor_request> release();

    /// No command can be expected any more.
    void end();

private:
    std::set<std::string, std::less<>> names_;
    bool holds_all_ = false;
    std::deque<monitor_request> commands_;
    boost::asio::steady_timer change_;  // a wait for it ends when a command or the end comes
    bool has_ended_ = false;
};

}  // namespace coqmp::testing::detail

#endif
