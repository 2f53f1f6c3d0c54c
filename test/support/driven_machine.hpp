// A machine under supervision without a supervisor: its process, its disk and its clock do what a test says.
#ifndef COQMP_TEST_SUPPORT_DRIVEN_MACHINE_HPP
#define COQMP_TEST_SUPPORT_DRIVEN_MACHINE_HPP

#include "session/session_impl.hpp"
#include "supervisor/machine_driver.hpp"
#include "support/simulated_time.hpp"

#include <coqmp/session.hpp>
#include <coqmp/testing/fake_qemu.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coqmp::test {

using names = std::vector<std::string>;

/// A disk that finishes a save when the test says so.
class slow_disk final : public detail::wish_store
{
public:
    std::optional<detail::memory_record> load(std::string const& /*machine*/) override { return std::nullopt; }
    void save(std::string const& /*machine*/, detail::memory_record const& record, saved done) override
    {
        records.push_back(record);
        waiting.push_back(std::move(done));
    }
    void forget(std::string const& /*machine*/, saved done) override { done({}); }

    void finish(boost::system::error_code error = {})
    {
        BOOST_REQUIRE(!waiting.empty());
        auto const done = std::move(waiting.front());
        waiting.erase(waiting.begin());
        done(error);
    }

    std::vector<detail::memory_record> records;
    std::vector<saved> waiting;
};

/// A process whose monitor is a fake QEMU's.
class fake_process final : public detail::supervised_qemu
{
public:
    fake_process(boost::asio::io_context& context, detail::qemu_owner& owner) : qemu(context), context_(context), owner_(owner) {}

    testing::fake_qemu qemu;
    names done;

    void apply(machine_spec /*spec*/) override { done.emplace_back("apply"); }
    void launch() override { done.emplace_back("launch"); }
    void adopt(machine_record const& /*which*/) override { done.emplace_back("adopt"); }
    void shut_down(shutdown_options const& /*options*/) override { done.emplace_back("shut down"); }
    void extend_shutdown(std::chrono::nanoseconds /*by*/) override { done.emplace_back("extend"); }
    void kill() override { done.emplace_back("kill"); }
    void reconnect() override { done.emplace_back("reconnect"); }
    void release() override { done.emplace_back("release"); }
    void abandon() noexcept override { session_.reset(); }
    [[nodiscard]] std::shared_ptr<detail::session_impl> monitor() const override
    {
        return session_ ? detail::impl_of(*session_) : nullptr;
    }
    [[nodiscard]] ::pid_t pid() const noexcept override { return session_ ? 4711 : -1; }

    /// QEMU gets ready.
    void connect()
    {
        session_.emplace(context_);
        session_->async_connect(qemu.pair(), [this](boost::system::error_code error) {
            BOOST_TEST(!error);
            owner_.connected(session_->out_of_band_enabled(), false);
        });
    }

    void end(end_reason why)
    {
        session_.reset();
        detail::process_end what;
        what.end.reason = why;
        owner_.ended(what, {});
    }

private:
    boost::asio::io_context& context_;
    detail::qemu_owner& owner_;
    std::optional<session> session_;
};

/// What concerns all machines: here it is only recorded.
class recorded_table final : public detail::driver_owner
{
public:
    void expect_launch(std::string const& /*machine*/) override { ++expected; }
    void request_launch(std::string const& /*machine*/) override { ++launches; }
    bool withdraw_launch(std::string const& /*machine*/) override { return is_waiting; }
    void launched(std::string const& /*machine*/) override {}
    void ended(std::string const& /*machine*/) override { ++ends; }
    void released(std::string const& /*machine*/) override { ++releases; }
    void publish(change const& what) override
    {
        if (auto const now = std::exchange(failure, std::nullopt))
            throw std::runtime_error(*now);
        changes.push_back(what);
    }
    void publish(machine_event const& /*what*/) override {}
    void write(log_level /*level*/, std::string const& /*machine*/, std::string const& sentence) override
    {
        log.push_back(sentence);
    }

    int expected = 0;
    int launches = 0;
    int ends = 0;
    int releases = 0;
    bool is_waiting = false;  ///< A launch waits for its turn.
    std::vector<change> changes;
    std::optional<std::runtime_error> failure;  ///< Of the next report.
    names log;
};

/// A machine whose process, disk and clock the test controls.
struct driven_machine
{
    driven_machine()
    {
        supervision_policy policy;
        policy.backoff = std::chrono::seconds(1);
        policy.jitter = 0;
        policy.kill_silent_after = std::chrono::seconds(20);
        driver = std::make_shared<detail::machine_driver>(context.get_executor(), home, owner, "vm", policy, disk);
        process = std::make_shared<fake_process>(context, *driver);
        driver->drive(process);
    }
    ~driven_machine()
    {
        driver->abandon(true);
        home->revoke();
    }

    void settle()
    {
        context.restart();
        context.poll();
    }

    template <class Condition>
    void run_until(Condition is_met)
    {
        context.restart();
        while (!is_met())
            BOOST_REQUIRE(context.run_one_for(std::chrono::seconds(100)) == 1U);
    }

    /// Finishes all saves, also those that follow from them.
    void save_all()
    {
        for (settle(); !disk->waiting.empty(); settle())
            disk->finish();
    }

    void run_machine()
    {
        driver->start();
        save_all();
        driver->granted();
        process->connect();
        run_until([this] { return driver->status().state == lifecycle::running; });
    }

    boost::asio::io_context context;
    simulated_time& time = simulate_time(context.get_executor());
    std::shared_ptr<detail::revocable_executor> home = std::make_shared<detail::revocable_executor>(context.get_executor());
    std::shared_ptr<slow_disk> disk = std::make_shared<slow_disk>();
    recorded_table owner;
    std::shared_ptr<detail::machine_driver> driver;
    std::shared_ptr<fake_process> process;
};

}  // namespace coqmp::test

#endif
