// What the driver of a machine does, step by step, and the record that it stores before it acts.
// Invariant: steps are done in order, and none is done while the record is being written, unless the disk takes too long. A step that
// fails holds up the others only as long as there is no memory.
#ifndef COQMP_SRC_SUPERVISOR_STEP_QUEUE_HPP
#define COQMP_SRC_SUPERVISOR_STEP_QUEUE_HPP

#include "detail/revocable_executor.hpp"
#include "detail/time_source.hpp"
#include "supervision/machine_memory.hpp"
#include "supervisor/wish_store.hpp"

#include <coqmp/log_level.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace coqmp::detail {

/// What a step_queue reports to the driver that it belongs to, on the executor.
class step_owner
{
public:
    step_owner(step_owner const&) = delete;
    step_owner& operator=(step_owner const&) = delete;

    /// All steps are done.
    virtual void steps_done() = 0;
    /// A record is on the disk, or could not be written for now: error() says which. The steps go on.
    virtual void disk_answered() = 0;
    /// next_time() has changed.
    virtual void steps_wait() = 0;
    virtual void write(log_level level, std::string const& sentence) = 0;

protected:
    step_owner() = default;
    ~step_owner() = default;
};

/// Used on the executor only.
class step_queue final : public std::enable_shared_from_this<step_queue>
{
public:
    using time_point = time_source::time_point;
    using step = std::function<void()>;

    step_queue(boost::asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, step_owner& owner,
               std::string machine, std::shared_ptr<wish_store> store);

    /// Adds a step; run() does it.
    void push(step what) { steps_.push_back(std::move(what)); }
    /// Does the steps, as far as possible. During a step, this does nothing.
    void run();

    /// What an earlier supervisor has stored.
    void recall(memory_record const& record) { record_ = record; }
    /// What is to be stored from now on; save() stores it.
    void remember(machine_memory const& memory) { record_.memory = memory; }
    /// Writes the record. The steps wait for that. Part of a step.
    void save();

    /// Whether the steps wait for the disk, or for memory.
    [[nodiscard]] bool is_held() const noexcept { return holding_ || needs_memory_; }
    /// Of the last save.
    [[nodiscard]] boost::system::error_code error() const noexcept { return error_; }
    /// When to call on_time() next.
    [[nodiscard]] time_point next_time() const noexcept;
    void on_time();

    /// Does nothing more.
    void abandon() noexcept;

private:
    void do_first_step();
    void saved(boost::system::error_code error);
    void go_on(boost::system::error_code error);
    void report(boost::system::error_code error) noexcept;
    void report_failed_step(char const* why) noexcept;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<revocable_executor> const home_;
    step_owner* owner_;  ///< None: abandoned.
    std::string const machine_;
    std::shared_ptr<wish_store> store_;
    std::string const boot_id_;
    time_source* clock_;

    std::deque<step> steps_;
    bool is_running_ = false;
    bool needs_memory_ = false;                 ///< The first step is to be done again.
    time_point repeat_at_ = time_point::max();  ///< When.

    memory_record record_;
    boost::asio::any_io_executor holding_;    ///< The steps wait for the disk: keeps the execution context running.
    time_point late_at_ = time_point::max();  ///< When they stop waiting.
    time_point again_at_ = time_point::max();
    bool is_writing_ = false;
    bool is_outdated_ = false;  ///< What is being written is not record_ any more.
    boost::system::error_code error_;
};

}  // namespace coqmp::detail

#endif
