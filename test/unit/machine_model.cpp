// A supervised machine, with a model of QEMU, its operators, its clients, its disk and its supervisor's own restarts, at random.
// What must never happen is checked against the model, which knows the truth.
#include "unit/modelled_promises.hpp"
#include "unit/modelled_qemu.hpp"
#include "unit/supervised_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;
using coqmp::exit_status;

namespace {

class world : private modelled_qemu
{
public:
    explicit world(unsigned seed) : modelled_qemu(seed), seed_(seed)
    {
        policy_.restart = static_cast<restart_policy>(pick(4));
        policy_.kill_silent_after = pick(2) == 0 ? 0s : 30s;
        policy_.on_panic = static_cast<panic_action>(pick(3));
        policy_.dumps_after_panic = pick(2) == 0;
        policy_.on_boot_loop = static_cast<boot_loop_action>(pick(2));
        rules_ = std::make_unique<machine_lifecycle>(policy_, seed);
    }

    void step()
    {
        static constexpr std::array steps = {
            &world::deliver_event, &world::deliver_answer, &world::be_qemu,       &world::be_qemu,
            &world::deliver_event, &world::deliver_answer, &world::let_time_pass, &world::get_on,
            &world::get_on,        &world::be_operator,    &world::be_client,     &world::be_guest,
            &world::be_outsider,   &world::be_disk,        &world::be_network,    &world::be_host};
        (this->*steps[pick(steps.size())])();
        if (is_dead_)
            restart_supervisor();
        if (is_dead_ || is_released_)
            return;
        require(promises_.keeps_launch(rules_->status()), "a restart is forgotten");
        require(promises_.keeps_host_shutdown(rules_->status()), "its owner seems to have stopped what went down with the host");
    }

    /// No more faults: every wish must come to its end.
    void finish()
    {
        is_hung_ = is_disk_full_ = may_die_ = false;
        if (is_released_ || is_dead_)
            restart_supervisor();
        bool const is_up = pick(2) == 0;
        if (is_up)
            promises_.start(false);
        else
            promises_.stop();
        carry_out(is_up ? rules_->start(now_) : rules_->stop(now_));
        for (int times = 0; times < 400 && !is_settled(); ++times)
            settle_further();
        require(is_settled(), "the wish has not come to its end");
        lifecycle const state = rules_->status().state;
        if (is_up)
            require(state != lifecycle::starting && state != lifecycle::stopping && state != lifecycle::backing_off &&
                        state != lifecycle::defined,
                    "wished up");
        else
            require((state == lifecycle::stopped || state == lifecycle::defined) && !process_, "wished down");
    }

private:
    void require(bool holds, char const* what)
    {
        BOOST_REQUIRE_MESSAGE(holds, "seed " << seed_ << ": " << what << "; " << rules_->status() << "; " << rules_->memory()
                                             << "; QEMU: " << (process_ ? process_->state : "none") << log_.str());
    }

    // ---- What the rules ask for --------------------------------------------------------------------------------------------

    /// The supervisor may die after each of them.
    void carry_out(machine_actions const& actions)
    {
        for (machine_action const& each : actions) {
            if (is_dead_)
                return;
            log_ << "\n  " << each;
            std::visit([this](auto const& it) { carry_out_one(it); }, each);
            is_dead_ = may_die_ && chance(2);
        }
    }

    void carry_out_one(actions::store const& it) { stored_ = it.memory; }
    void carry_out_one(actions::launch const& /*it*/)
    {
        require(!process_ && !is_launching_, "a second QEMU");
        require(!promises_.owner_stopped(), "what its operator stopped is started");
        require(!promises_.stays_down(), "what must stay down is started");
        require(stored_.wish == machine_wish::up, "a wish that is not stored is acted on");
        is_launching_ = true;
        promises_.asked_to_launch();
    }
    void carry_out_one(actions::shut_down const& /*it*/) { end_politely(); }
    void carry_out_one(actions::extend_shutdown const& /*it*/)
    {
        require(process_ && process_->is_asked_to_end, "the end of a machine that is not to end is put off");
    }
    void carry_out_one(actions::kill const& /*it*/)
    {
        end_politely();
        if (process_)
            process_->is_killed = true;
    }
    void end_politely()
    {
        require(process_ || is_launching_, "what is not there is shut down");
        if (process_) {
            process_->is_asked_to_end = true;
            process_->record.requested();
        } else {
            is_launch_withdrawn_ = true;
        }
    }
    void carry_out_one(actions::ask_state const& /*it*/)
    {
        require(!is_asking_, "two questions at a time");
        is_asking_ = true;
        send(what_for::ask_state);
    }
    void carry_out_one(actions::ask_out_of_band const& /*it*/)
    {
        require(is_connected_ && !is_asking_out_of_band_, "two questions out of band");
        is_asking_out_of_band_ = true;
    }
    void carry_out_one(actions::continue_guest const& /*it*/)
    {
        // Or it has paused for lack of space once more, and those events come after the answer.
        require(seen_cause_ == truth::no_space || process_->paused_by == truth::no_space,
                "a machine is continued that was not seen to pause for lack of space");
        require(stops_on_the_way_ == 0 && !process_->is_held, "a machine is continued that a client has paused");
        send(what_for::our_cont);
    }
    void carry_out_one(actions::reset_guest const& /*it*/)
    {
        require(policy_.on_panic == panic_action::reset && stops_on_the_way_ == 0 && !process_->is_held,
                "a machine is reset that must not be");
        require(!is_dumping_, "a machine is reset while it is dumped");
        send(what_for::reset);
    }
    void carry_out_one(actions::dump_guest const& /*it*/) { is_dumping_ = true; }
    void carry_out_one(actions::reconnect const& /*it*/) { require(!is_connected_, "reconnects in vain"); }
    void carry_out_one(actions::release const& /*it*/)
    {
        is_released_ = true;
        is_connected_ = false;
        forget_messages();
    }
    void carry_out_one(actions::report const& /*it*/) {}

    // ---- QEMU --------------------------------------------------------------------------------------------------------------

    void send(what_for command)
    {
        require(is_connected_ && process_, "a command without a connection");
        commands_.push_back(command);
    }

    void be_qemu()
    {
        execute();
        require(!has_broken_hold_, "our cont runs a machine that a client has paused");
    }
    void be_guest() { act_as_guest(); }
    void be_disk() { change_disk(); }

    /// Processes begin and end.
    void get_on()
    {
        if (is_launching_)
            return finish_launch();
        if (!process_)
            return;
        if (can_end()) {
            bool const is_by_itself = process_->dies_of && !process_->is_asked_to_end && !process_->is_killed;
            end_process(is_by_itself ? *process_->dies_of : truth::other, process_->is_killed ? killed : exited);
        } else if (process_->state == "inmigrate" && !is_hung_) {
            process_->state = "prelaunch";
            resume();
        }
    }

    void finish_launch()
    {
        is_launching_ = false;
        if (std::exchange(is_launch_withdrawn_, false))
            return report_end(end_by(end_reason::requested, not_known));
        promises_.launched();
        if (chance(15))
            return report_end(end_by(end_reason::failed_start, {1, 0}));
        begin_process();
        seen_migrated_ = false;
        connect();
    }

    void end_process(truth cause, exit_status status)
    {
        lose_connection();
        bool const is_seen = !is_released_ && !is_dead_;
        process_end what;
        what.end = process_->record.end(process_->is_ours ? status : not_known);
        // A stop may wait for a dump before it asks QEMU to end.
        bool const is_to_end = process_->is_asked_to_end || rules_->status().state == lifecycle::stopping;
        if (is_seen && !is_to_end) {
            promises_.ended(cause, what.end.shutdown_cause.empty(), policy_.restart);
            promises_.stay_down(seen_migrated_);
        }
        process_.reset();
        if (is_seen)
            report_end(what);
    }

    void report_end(process_end const& what)
    {
        if (what.end.reason == end_reason::requested && rules_->status().state != lifecycle::stopping)
            promises_.ended_by_client();
        log_ << "\n ended: " << what.end;
        carry_out(rules_->ended(what, now_));
    }

    // ---- The connection ----------------------------------------------------------------------------------------------------

    void connect()
    {
        is_connected_ = true;
        bool const is_listed = process_->state == "io-error" && process_->paused_by == truth::no_space;
        if (seen_cause_ != truth::no_space || !is_listed)
            seen_cause_ = truth::other;
        log_ << "\n connected";
        carry_out(rules_->connected(true, is_listed, now_));
    }

    void forget_messages()
    {
        events_.clear();
        answers_.clear();
        commands_.clear();
        is_asking_ = is_asking_out_of_band_ = false;
    }

    void lose_connection()
    {
        forget_messages();
        if (!std::exchange(is_connected_, false))
            return;
        log_ << "\n disconnected";
        carry_out(rules_->disconnected(now_));
        for (; stops_on_the_way_ > 0; --stops_on_the_way_)
            carry_out(rules_->client(client_step::stop_done, now_));
    }

    void be_network()
    {
        if (!process_ || is_released_)
            return;
        if (is_connected_ && chance(30))
            lose_connection();
        else if (!is_connected_)
            connect();
    }

    void deliver_event()
    {
        if (events_.empty())
            return;
        sent_event const next = std::move(events_.front());
        events_.pop_front();
        if (next.text == "STOP")
            seen_cause_ = next.cause;
        else if (next.text == "RESUME")
            seen_cause_ = truth::none;
        log_ << "\n event " << next.text;
        carry_out(rules_->take(happened(next.text), now_));
    }

    void deliver_answer()
    {
        if (is_asking_out_of_band_ && !is_hung_ && chance(50)) {
            is_asking_out_of_band_ = false;
            return carry_out(rules_->finished(finished_action::ask_out_of_band, now_));
        }
        if (is_dumping_ && chance(50)) {
            is_dumping_ = false;
            return carry_out(rules_->finished(finished_action::dump_guest, now_));
        }
        if (answers_.empty())
            return;
        sent_answer const next = answers_.front();
        answers_.pop_front();
        log_ << "\n answer " << static_cast<int>(next.command) << ' ' << next.state;
        switch (next.command) {
            case what_for::ask_state:
                is_asking_ = false;
                seen_migrated_ = next.state == "postmigrate";
                return carry_out(rules_->answered(status_answer(next.state), now_));
            case what_for::our_cont:
                return carry_out(rules_->finished(finished_action::continue_guest, now_));
            case what_for::client_stop:
                --stops_on_the_way_;
                return carry_out(rules_->client(client_step::stop_done, now_));
            case what_for::client_cont:
                return carry_out(rules_->client(client_step::cont_done, now_));
            case what_for::reset:
                return;
        }
    }

    // ---- People, time, and the supervisor itself ---------------------------------------------------------------------------

    void let_time_pass()
    {
        if (chance(70) && rules_->next_time() != machine_lifecycle::clock::time_point::max())
            now_ = std::max(now_, rules_->next_time());
        else
            now_ += std::chrono::milliseconds(pick(20000));
        log_ << "\n tick";
        carry_out(rules_->tick(now_));
        require(is_released_ || rules_->next_time() > now_, "a tick asks for another one at once");
    }

    void be_operator()
    {
        if (is_released_)
            return restart_supervisor();
        unsigned const choice = pick(12);
        lifecycle const state = rules_->status().state;
        log_ << "\n operator " << choice;
        if (choice < 7) {
            bool const is_restart = choice >= 5;
            promises_.start(is_restart || !process_ || state == lifecycle::stopping);
            carry_out(is_restart ? rules_->restart(now_) : rules_->start(now_));
        } else if (choice < 9) {
            promises_.stop();
            carry_out(choice == 7 ? rules_->stop(now_) : rules_->kill(now_));
        } else if (choice == 9 && chance(30)) {
            carry_out(chance(50) ? rules_->release(now_) : rules_->leave(now_));
        } else if (choice == 10) {
            restart_supervisor();
        } else if (choice == 11) {
            promises_.stop_with_host(process_ || is_launching_ || state == lifecycle::backing_off);
            carry_out(rules_->stop_with_host(chance(20) ? -1ns : 30s, now_));
        }
    }

    /// The supervisor was killed, and another one takes over.
    void restart_supervisor()
    {
        bool const is_withdrawn = is_launch_withdrawn_;
        if (is_launching_ && chance(50)) {  // QEMU was already there
            begin_process();
            seen_migrated_ = false;
            if (!is_withdrawn)
                promises_.launched();
        }
        if (can_end() && chance(50))
            process_.reset();  // meanwhile
        promises_.stay_down(!process_ && !stored_.shutdown_cause.empty() && policy_.restart <= restart_policy::on_failure &&
                            stored_.under_way == work_under_way::none);
        change_owner();
        begin_supervisor();
        carry_out(rules_->recall(stored_, process_ ? found_process::alive : found_process::gone, now_));
    }

    void begin_supervisor()
    {
        log_ << "\n another supervisor";
        forget_messages();
        is_connected_ = is_released_ = is_dumping_ = is_dead_ = is_launching_ = is_launch_withdrawn_ = false;
        stops_on_the_way_ = 0;
        if (!stored_.is_out_of_space)
            seen_cause_ = truth::other;
        rules_ = std::make_unique<machine_lifecycle>(policy_, seed_);
    }

    void boot_host()
    {
        log_ << "\n boot";
        process_.reset();
        promises_.boot();
        begin_supervisor();
        auto const actions = rules_->recall(stored_, found_process::other_boot, now_);
        auto const is_launch = [](auto const& each) { return std::holds_alternative<actions::launch>(each); };
        bool const is_launched = std::ranges::any_of(actions, is_launch);
        require(is_launched || !promises_.starts_with_host(stored_), "what went down with the host does not start with it");
        carry_out(actions);
    }

    void be_client()
    {
        if (!process_ || !is_connected_ || is_released_)
            return;
        if (chance(50)) {
            ++stops_on_the_way_;
            carry_out(rules_->client(client_step::stop_sent, now_));
            send(what_for::client_stop);
        } else {
            send(what_for::client_cont);
        }
    }

    /// Another monitor, of which the supervisor knows nothing, and the kernel.
    void be_outsider()
    {
        if (!process_ || process_->dies_of)
            return;
        unsigned const choice = pick(12);
        if (choice < 3 && process_->state == "running" && !is_hung_) {
            pause("paused", truth::other);
        } else if (choice < 8 && !is_hung_ && process_->state != "io-error" && !process_->is_migrated) {
            resume();
        } else if (choice == 8 && !is_hung_) {
            happen(chance(50) ? quit_by_qmp : terminated);
            process_->dies_of = truth::outside;
        } else if (choice == 9) {
            end_process(truth::failure, killed);
        } else if (choice == 10) {
            is_hung_ = !is_hung_;
        } else if (process_->state == "running" && !is_hung_) {
            pause("postmigrate", truth::migrated);
            process_->is_migrated = true;
        }
    }

    void be_host()
    {
        is_hung_ = is_hung_ && chance(50);
        if (chance(3))
            boot_host();
    }

    [[nodiscard]] bool is_settled() const
    {
        lifecycle const state = rules_->status().state;
        bool const is_moving = state == lifecycle::starting || state == lifecycle::stopping || state == lifecycle::backing_off;
        return !is_moving && !is_launching_ && events_.empty() && answers_.empty() && commands_.empty() &&
               (!process_ || (is_connected_ && !process_->dies_of));
    }

    void settle_further()
    {
        is_hung_ = false;
        if (is_released_)
            restart_supervisor();
        if (process_ && !is_connected_)
            connect();
        be_qemu();
        deliver_event();
        deliver_answer();
        get_on();
        if (events_.empty() && answers_.empty() && commands_.empty())
            let_time_pass();
    }

    unsigned seed_;
    supervision_policy policy_;
    std::unique_ptr<machine_lifecycle> rules_;
    machine_memory stored_;
    machine_lifecycle::clock::time_point now_{1000h};
    std::ostringstream log_;

    bool is_launching_ = false;
    bool is_launch_withdrawn_ = false;
    bool is_asking_ = false;
    bool is_asking_out_of_band_ = false;
    bool is_dumping_ = false;
    bool is_released_ = false;
    bool may_die_ = true;
    bool is_dead_ = false;  ///< The supervisor; nobody sees what happens now.
    unsigned stops_on_the_way_ = 0;

    modelled_promises promises_;
    bool seen_migrated_ = false;
    truth seen_cause_ = truth::other;  ///< Why it is paused, by the events that were delivered.
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_model_of_a_supervised_machine)

BOOST_AUTO_TEST_CASE(is_never_run_twice_never_continued_or_started_against_a_wish_and_every_wish_ends)
{
    for (unsigned seed = 1; seed <= 3000; ++seed) {
        world run(seed);
        for (int steps = 0; steps < 400; ++steps)
            run.step();
        run.finish();
    }
}

BOOST_AUTO_TEST_SUITE_END()
