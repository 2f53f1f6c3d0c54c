#include "agent_client.hpp"

#include "support/fake_agent.hpp"

#include <coqmp/command_failed.hpp>
#include <coqmp/guest_agent.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace coqmp::soak {

namespace {

guest_agent_options limits(bool are_short)
{
    guest_agent_options result;
    result.session.max_message_size = std::size_t{1} << 20;
    if (are_short) {
        result.session.connect_timeout = 200ms;
        result.session.command_timeout = 100ms;
        result.sync_timeout = 20ms;
        result.freeze_timeout = 100ms;
        result.error_wait = 5ms;
    }
    return result;
}

/// One command that only the fake agent knows, and that returns its own number.
struct numbered_command
{
    explicit numbered_command(std::int64_t which) : number(which), name("guest-number-" + std::to_string(which)) {}

    std::int64_t number;
    std::string name;
    asio::cancellation_signal signal;
    bool ended = false;
    bool not_sent = false;
};

/// One connection with one fake agent, on one strand.
class agent_visit
{
public:
    agent_visit(asio::any_io_executor const& executor, ledger& book, random& source)
        : executor_(executor),
          book_(book),
          random_(source),
          fake_(executor),
          client_(std::in_place, executor, limits(!is_gentle_)),
          all_(executor),
          sabotage_(executor)
    {}

    asio::awaitable<void> run()
    {
        ++book_.agents;
        furnish();
        if (!is_gentle_ && once_in(random_, 2))
            fake_.say(left_by_an_earlier_client());
        sabotage_.begin();
        asio::co_spawn(executor_, sabotage(), asio::detached);
        auto const [error] = co_await client_->async_connect(fake_.address(), asio::as_tuple(asio::deferred));
        book_.expect(!error || !is_gentle_ || is_cut_, "connecting to a gentle agent gives " + error.message());
        for (int round = up_to(random_, 30); round >= 0; --round)
            co_await work();
        is_over_ = true;
        co_await sabotage_.done();
        if (once_in(random_, 2))
            co_await recover();
        else if (once_in(random_, 2))
            client_->close();
        client_.reset();
        co_await all_.done();
        check_at_the_end();
    }

private:
    void furnish()
    {
        test::fake_guest& guest = fake_.guest();
        guest.echoes_ids = !once_in(random_, 3);
        guest.refuses_ids = once_in(random_, 4);
        guest.most_written = once_in(random_, 2) ? 1000 : SIZE_MAX;
        test::fake_program program;
        program.polls = up_to(random_, 3);
        program.result["exitcode"] = 0;
        guest.programs["/bin/true"] = program;
    }

    std::string left_by_an_earlier_client()
    {
        switch (up_to(random_, 3)) {
            case 0:
                return R"({"return": {}})"
                       "\n";
            case 1:
                return R"({"return": {"half": [)";
            case 2:
                return R"({"return": 7, "id": 1}{"error": {"class": "GenericError", "desc": "JSON parse error"}})"
                       "\n\xff\n";
            default:
                return "\xff";
        }
    }

    // ---- What goes wrong ---------------------------------------------------------------------------------------------------

    asio::awaitable<void> sabotage()
    {
        while (!is_over_) {
            co_await rest(random_, 20);
            int const what = up_to(random_, 40);
            if (what == 0)
                cut();
            else if (what == 1 && !is_gentle_)
                say_nonsense();
            else if (what <= 8 && !is_gentle_)
                co_await disturb();
        }
        calm();
        sabotage_.end();
    }

    void cut()
    {
        ++book_.faults;
        is_cut_ = true;
        if (once_in(random_, 2))
            fake_.say("{\"return\": {\"half\": ");
        fake_.close();
    }

    // The connection may end then, but the promises hold.
    void say_nonsense()
    {
        ++book_.faults;
        is_cut_ = true;
        switch (up_to(random_, 3)) {
            case 0:
                return fake_.say(R"({"return": {"half": )");
            case 1:
                return fake_.say("\xfe\x1b{]");
            case 2:
                return fake_.say(R"({"return": ")" + std::string(std::size_t{2} << 20, 'x'));
            default:
                return fake_.say(R"({"QMP": {}} 7)");
        }
    }

    // Answers that come late, or never.
    asio::awaitable<void> disturb()
    {
        ++book_.faults;
        test::fake_guest& guest = fake_.guest();
        std::string const next = "guest-number-" + std::to_string(numbered_.size());
        // An agent answers in order. One that does not can only be understood if it knows ids.
        bool const has_ids = guest.echoes_ids && !guest.refuses_ids;
        switch (up_to(random_, has_ids ? 5 : 2)) {
            case 0:
                guest.is_silent = true;
                break;
            case 1:
                guest.lost.insert(next);
                break;
            case 2:
                (once_in(random_, 2) ? guest.lost : guest.refused).insert("guest-fsfreeze-thaw");
                break;
            case 3:
                guest.held.insert(once_in(random_, 2) ? "guest-sync-delimited" : "guest-fsfreeze-freeze");
                break;
            case 4:
                guest.held.insert(once_in(random_, 2) ? "guest-file-open" : "guest-exec-status");
                break;
            default:
                guest.held.insert(next);
                break;
        }
        co_await rest(random_, once_in(random_, 4) ? 200 : 20);
        calm();
    }

    void calm()
    {
        fake_.guest().held.clear();
        fake_.guest().lost.clear();
        fake_.guest().refused.clear();
        if (fake_.guest().is_silent)
            fake_.start();
        fake_.release();
    }

    // ---- What the client does ----------------------------------------------------------------------------------------------

    asio::awaitable<void> work()
    {
        for (int burst = up_to(random_, 5); burst > 0; --burst)
            command_one();
        switch (up_to(random_, 5)) {
            case 0:
                start(use_file());
                break;
            case 1:
                start(run_program());
                break;
            case 2:
                start(freeze_and_thaw());
                break;
            default:
                break;
        }
        if (once_in(random_, 4))
            cancel_some();
        co_await rest(random_, 20);
    }

    void cancel_some()
    {
        for (auto const& each : numbered_)
            if (!each->ended && once_in(random_, 3))
                each->signal.emit(once_in(random_, 2) ? asio::cancellation_type::terminal : asio::cancellation_type::total);
        auto const signals = signals_;
        for (auto const& each : signals)
            if (once_in(random_, 10))
                each->emit(asio::cancellation_type::terminal);
    }

    void command_one()
    {
        auto one = std::make_shared<numbered_command>(static_cast<std::int64_t>(numbered_.size()));
        numbered_.push_back(one);
        fake_.guest().answers[one->name] = one->number;
        command what(one->name);
        if (once_in(random_, 5))
            what.timeout(std::chrono::milliseconds(1 + up_to(random_, 10)));
        ++book_.operations;
        all_.begin();
        auto at_end = [this, one](error_code error, reply const& answer) {
            end(*one, error, answer);
            all_.end();
        };
        client_->async_execute(std::move(what), asio::bind_cancellation_slot(one->signal.slot(), std::move(at_end)));
    }

    void end(numbered_command& one, error_code error, reply const& answer)
    {
        book_.expect(!std::exchange(one.ended, true), one.name + " completed twice");
        one.not_sent = error && !answer.was_sent();
        if (error == asio::error::operation_aborted) {
            ++book_.cancelled;
        } else if (error) {
            bool const is_not_sent = error == errc::not_sent;
            book_.expect(is_not_sent != (error == errc::outcome_unknown) && is_not_sent == one.not_sent,
                         one.name + " ended with " + error.message());
            ++(is_not_sent ? book_.not_sent : book_.outcome_unknown);
        } else if (answer.has_value()) {
            ++book_.succeeded;
            book_.expect(answer.value() == json::value(one.number),
                         one.name + " got the answer " + json::serialize(answer.value()));
        } else {
            // The fake agent refuses no such command, except while it is frozen.
            ++book_.refused;
            book_.expect(answer.error().description.find("frozen") != std::string::npos,
                         one.name + " got the error of another: " + answer.error().description);
        }
    }

    /// Runs a coroutine beside the others. It may fail in any way that the agent's faults explain.
    void start(asio::awaitable<void> what)
    {
        ++book_.operations;
        all_.begin();
        auto signal = std::make_shared<asio::cancellation_signal>();
        signals_.push_back(signal);
        auto at_end = [this, signal](std::exception_ptr const& failure) {
            count(failure);
            std::erase(signals_, signal);
            all_.end();
        };
        asio::co_spawn(executor_, std::move(what), asio::bind_cancellation_slot(signal->slot(), std::move(at_end)));
    }

    void count(std::exception_ptr const& failure)
    {
        try {
            if (failure)
                std::rethrow_exception(failure);
            ++book_.succeeded;
        } catch (command_failed const&) {
            ++book_.refused;
        } catch (boost::system::system_error const& error) {
            bool const is_explained = error.code() == errc::not_sent || error.code() == errc::outcome_unknown ||
                                      error.code() == errc::thawed_early || error.code() == errc::timed_out;
            book_.expect(is_explained || error.code() == asio::error::operation_aborted,
                         std::string("a guest agent gives ") + error.what());
            ++(error.code() == asio::error::operation_aborted ? book_.cancelled : book_.outcome_unknown);
        } catch (std::exception const& error) {
            book_.violation(std::string("a guest agent gives ") + error.what());
        }
    }

    /// The client, unless it was destroyed.
    guest_agent& client()
    {
        if (!client_)
            throw boost::system::system_error(asio::error::operation_aborted);
        return *client_;
    }

    asio::awaitable<void> use_file()
    {
        std::string const path = "/file" + std::to_string(next_file_++);
        std::string const content(static_cast<std::size_t>(up_to(random_, 200'000)), static_cast<char>('a' + up_to(random_, 25)));
        auto writing = client().write_file(path, content);
        co_await std::move(writing);
        auto reading = client().read_file(path);
        std::string const found = co_await std::move(reading);
        book_.expect(found == content, "a file in a guest is not what was written");
    }

    asio::awaitable<void> run_program()
    {
        guest_program program("/bin/true");
        program.timeout(1s);
        auto running = client().exec(std::move(program));
        guest_program_result const result = co_await std::move(running);
        book_.expect(result.exit_code == 0, "a program in a guest ended in another way");
    }

    asio::awaitable<void> freeze_and_thaw()
    {
        auto freezing = client().freeze(std::chrono::milliseconds(5 + up_to(random_, 50)));
        guest_freeze frozen = co_await std::move(freezing);
        co_await rest(random_, 20);
        if (once_in(random_, 3))
            co_return;  // thaws the guest
        bool const was_frozen = fake_.guest().is_frozen;
        auto thawing = frozen.thaw();
        co_await std::move(thawing);
        book_.expect(was_frozen, "thaw() did not report that a guest was thawed early");
    }

    // ---- What is left ------------------------------------------------------------------------------------------------------

    // Once nothing disturbs the agent any more, it can be used, and what was opened or frozen is closed and thawed.
    asio::awaitable<void> recover()
    {
        co_await all_.done();
        error_code error = make_error_code(errc::agent_not_responding);
        for (int attempts = 0; attempts < 100 && error == errc::agent_not_responding; ++attempts) {
            command ping("guest-ping");
            ping.timeout(20s);
            auto const [failed, answer] = co_await client_->async_execute(std::move(ping), asio::as_tuple(asio::deferred));
            error = failed;
        }
        book_.expect(!error || is_cut_, "an agent that is calm again gives " + error.message());
        if (error)
            co_return;
        client_.reset();
        auto const limit = std::chrono::steady_clock::now() + 40s;
        while (!is_clean() && std::chrono::steady_clock::now() < limit)
            co_await rest(random_, 5);
        book_.expect(!fake_.guest().is_frozen, "a guest is left frozen");
        book_.expect(is_clean(), "a file is left open in a guest");
    }

    /// The handle of a file is not known if opening it timed out: then it stays open.
    bool is_clean() { return !fake_.guest().is_frozen && (!is_gentle_ || fake_.guest().open_files.empty()); }

    void check_at_the_end()
    {
        std::vector<std::string> received = fake_.guest().received;
        std::sort(received.begin(), received.end());
        for (auto const& each : numbered_) {
            book_.expect(each->ended, each->name + " never completed");
            auto const [first, last] = std::equal_range(received.begin(), received.end(), each->name);
            book_.expect(last - first <= 1, each->name + " was sent twice");
            book_.expect(!each->not_sent || first == last, each->name + " was not sent, and received");
        }
    }

    asio::any_io_executor executor_;
    ledger& book_;
    random& random_;
    bool const is_gentle_ = once_in(random_, 3);  ///< The agent answers everything at once, and the client waits for it.
    test::fake_agent fake_;
    std::optional<guest_agent> client_;
    under_way all_;
    under_way sabotage_;
    bool is_over_ = false;
    bool is_cut_ = false;  ///< The connection may have ended.
    std::vector<std::shared_ptr<numbered_command>> numbered_;
    std::vector<std::shared_ptr<asio::cancellation_signal>> signals_;
    int next_file_ = 0;
};

}  // namespace

asio::awaitable<void> talk_to_fake_agents(ledger& book, std::uint64_t seed, time_point until)
{
    random source(seed);
    auto const executor = co_await asio::this_coro::executor;
    while (std::chrono::steady_clock::now() < until) {
        agent_visit next(executor, book, source);
        co_await next.run();
    }
}

}  // namespace coqmp::soak
