#include "supervisor/step_queue.hpp"

#include "detail/awaited_result.hpp"
#include "process/process_identity.hpp"

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

constexpr auto pause_before_saving_again = 5s;
constexpr auto patience_with_the_disk = 10s;
constexpr auto pause_without_memory = 1s;

class doing_steps
{
public:
    explicit doing_steps(bool& mark) noexcept : mark_(mark) { mark_ = true; }
    doing_steps(doing_steps const&) = delete;
    doing_steps& operator=(doing_steps const&) = delete;
    ~doing_steps() { mark_ = false; }

private:
    bool& mark_;
};

}  // namespace

step_queue::step_queue(asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, step_owner& owner,
                       std::string machine, std::shared_ptr<wish_store> store)
    : executor_(std::move(executor)),
      home_(std::move(home)),
      owner_(&owner),
      machine_(std::move(machine)),
      store_(std::move(store)),
      boot_id_(current_boot_id()),
      clock_(&time_source_of(executor_))
{}

void step_queue::run()
{
    if (is_running_)
        return;
    if (clock_->now() >= repeat_at_)
        needs_memory_ = false;
    {
        doing_steps const mark(is_running_);
        while (!steps_.empty() && !is_held() && owner_ != nullptr)
            do_first_step();
    }
    if (owner_ != nullptr && needs_memory_)
        owner_->steps_wait();
    else if (owner_ != nullptr && !is_held())
        owner_->steps_done();
}

// A step that was not done for lack of memory is done again later, from its beginning. Other failures would come again.
void step_queue::do_first_step()
{
    step next = std::move(steps_.front());
    try {
        next();  // may abandon the queue
    } catch (std::bad_alloc const&) {
        if (owner_ == nullptr)
            return;
        steps_.front() = std::move(next);
        needs_memory_ = true;
        repeat_at_ = clock_->now() + pause_without_memory;
        return;
    } catch (std::exception const& failure) {
        report_failed_step(failure.what());
    }
    if (!steps_.empty())
        steps_.pop_front();
}

void step_queue::report_failed_step(char const* why) noexcept
try {
    if (owner_ != nullptr)
        owner_->write(log_level::error, std::string("a step of its supervision has failed, and is left out: ") + why);
} catch (std::bad_alloc const&) {
    // It is only a sentence.
}

void step_queue::save()
{
    again_at_ = time_point::max();
    record_.boot_id = boot_id_;
    is_outdated_ = is_writing_;
    if (is_writing_)
        return;  // the disk hangs
    is_writing_ = true;
    late_at_ = clock_->now() + patience_with_the_disk;
    try {
        holding_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
        auto receive = [weak = weak_from_this()](error_code error) {
            if (auto const self = weak.lock())
                self->saved(error);
        };
        auto const result = std::make_shared<awaited_result<error_code>>(home_, std::move(receive));
        store_->save(machine_, record_, [result](error_code error) { result->deliver(error); });
    } catch (std::bad_alloc const&) {
        is_writing_ = false;
        go_on(make_error_code(boost::system::errc::not_enough_memory));
    }
}

void step_queue::saved(error_code error)
{
    if (owner_ == nullptr)
        return;
    is_writing_ = false;
    if (is_outdated_)
        save();
    else
        go_on(error);
}

void step_queue::go_on(error_code error)
{
    holding_ = asio::any_io_executor();
    late_at_ = time_point::max();
    auto const before = std::exchange(error_, error);
    if (error && !is_writing_)
        again_at_ = clock_->now() + pause_before_saving_again;
    if (error != before)
        report(error);
    run();
    if (owner_ != nullptr)
        owner_->disk_answered();
}

void step_queue::report(error_code error) noexcept
try {
    if (!error)
        owner_->write(log_level::info, "its desired state is stored now");
    else if (is_writing_)
        owner_->write(log_level::warning, "the disk is slow: its desired state is not stored yet");
    else
        owner_->write(log_level::error, "cannot store its desired state, and will try again: " + error.message());
} catch (std::bad_alloc const&) {
    // It is only a sentence.
}

step_queue::time_point step_queue::next_time() const noexcept
{
    if (holding_)
        return late_at_;
    return needs_memory_ ? repeat_at_ : again_at_;
}

// While a record is being written, nothing that the rules ask for is done. So time does not pass for them: they would mistake
// questions that wait for the disk for questions that QEMU does not answer.
void step_queue::on_time()
{
    auto const now = clock_->now();
    if (holding_) {
        if (now >= late_at_)
            go_on(make_error_code(boost::system::errc::timed_out));
    } else if (needs_memory_) {
        run();
    } else if (now >= again_at_) {
        save();
    }
}

void step_queue::abandon() noexcept
{
    owner_ = nullptr;
    needs_memory_ = false;
    steps_.clear();
    holding_ = asio::any_io_executor();
    store_.reset();
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
