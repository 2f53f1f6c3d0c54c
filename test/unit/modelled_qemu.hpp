// A model of a QEMU, its guest and its disk, for tests of the rules of supervision: it knows why its guest is paused.
// Invariant: events leave in the order in which they happen, answers in the order of the commands; either may overtake the other.
#ifndef COQMP_TEST_UNIT_MODELLED_QEMU_HPP
#define COQMP_TEST_UNIT_MODELLED_QEMU_HPP

#include "supervision/end_record.hpp"

#include "unit/supervised_machine.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace coqmp::test {

/// Why a guest does not run, or why a process has ended.
enum class truth { none, no_space, other, migrated, guest_shutdown, reboot, failure, outside };

/// What is on the way from QEMU to the supervisor.
struct sent_event
{
    std::string text;
    truth cause = truth::none;  ///< Of a STOP.
};

enum class what_for { ask_state, our_cont, client_stop, client_cont, reset };

struct sent_answer
{
    what_for command;
    std::string state;
};

struct modelled_process
{
    std::string state = "inmigrate";
    truth paused_by = truth::other;
    bool is_held = false;  ///< By a client of ours, since it ran last.
    bool is_migrated = false;
    bool is_ours = true;  ///< Launched by this supervisor, which so gets its exit status.
    bool is_asked_to_end = false;
    bool is_killed = false;
    std::optional<truth> dies_of;  ///< QEMU has announced its end.
    detail::end_record record;
};

class modelled_qemu
{
protected:
    explicit modelled_qemu(unsigned seed) : random_(seed) {}

    [[nodiscard]] unsigned pick(std::size_t count) { return static_cast<unsigned>(random_() % count); }
    bool chance(unsigned percent) { return pick(100) < percent; }

    void begin_process()
    {
        process_.emplace();
        process_->record.ready();
    }

    /// Another supervisor, which asks for everything anew, takes over.
    void change_owner()
    {
        if (!process_)
            return;
        process_->is_ours = process_->is_asked_to_end = process_->is_killed = false;
        process_->record = detail::end_record();
        process_->record.ready();
    }

    [[nodiscard]] bool can_end() const
    {
        return process_ && (process_->is_killed || (!is_hung_ && (process_->is_asked_to_end || process_->dies_of)));
    }

    void happen(std::string text, truth cause = truth::none)
    {
        process_->record.take(happened(text));
        if (is_connected_)
            events_.push_back({std::move(text), cause});
    }

    void pause(std::string state, truth cause)
    {
        process_->state = std::move(state);
        process_->paused_by = cause;
        happen("STOP", cause);
    }

    void resume()
    {
        if (process_->state == "running" || process_->state == "inmigrate" || process_->state == "guest-panicked")
            return;
        process_->state = "running";
        process_->is_held = process_->is_migrated = false;
        happen("RESUME");
        if (is_disk_full_ && chance(50))
            fail_write();
    }

    void fail_write()
    {
        happen(no_space_left);
        if (chance(20))
            return pause("paused", truth::other);  // an operator's `stop` was executed in between
        pause("io-error", truth::no_space);
    }

    void execute()
    {
        if (!process_ || is_hung_ || process_->dies_of || commands_.empty())
            return;
        what_for const command = commands_.front();
        commands_.pop_front();
        if (command == what_for::our_cont && process_->is_held)
            has_broken_hold_ = true;
        if (command == what_for::client_stop) {
            if (process_->state == "running")
                pause("paused", truth::other);
            process_->is_held = true;
        } else if (command == what_for::reset) {
            happen(R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
            if (process_->state == "guest-panicked")
                process_->state = "prelaunch";
            resume();
        } else if (command != what_for::ask_state) {
            if (command == what_for::client_cont)
                process_->is_held = false;
            resume();
        }
        answers_.push_back({command, process_->state});
    }

    void act_as_guest()
    {
        if (!process_ || is_hung_ || process_->dies_of || process_->state != "running")
            return;
        switch (pick(9)) {
            case 0:
                happen(powered_off);
                process_->dies_of = truth::guest_shutdown;
                break;
            case 1:
                happen(rebooted_once);
                process_->dies_of = truth::reboot;
                break;
            case 2:
                happen(panicked_and_off);
                happen(switched_off_by_panic);
                process_->dies_of = truth::failure;
                break;
            case 3:
                happen(panicked_and_paused);
                pause("guest-panicked", truth::other);
                break;
            case 4:
                happen(R"(WATCHDOG {"action":"poweroff"})");
                process_->dies_of = truth::failure;
                break;
            case 5:
                happen(disk_failed);
                pause("io-error", truth::other);
                break;
            case 6:
                happen(R"(GUEST_CRASHLOADED {"action":"run"})");
                break;
            default:
                happen(guest_reset);
        }
    }

    void change_disk()
    {
        is_disk_full_ = chance(60);
        if (is_disk_full_ && process_ && !is_hung_ && !process_->dies_of && process_->state == "running")
            fail_write();
    }

    std::mt19937 random_;
    std::optional<modelled_process> process_;
    bool is_connected_ = false;
    bool is_hung_ = false;  ///< SIGSTOP, for example.
    bool is_disk_full_ = false;
    bool has_broken_hold_ = false;  ///< Our `cont` has run a guest that a client of ours had paused.
    std::deque<sent_event> events_;
    std::deque<sent_answer> answers_;
    std::deque<what_for> commands_;
};

}  // namespace coqmp::test

#endif
