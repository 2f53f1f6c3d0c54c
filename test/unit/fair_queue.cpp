// Whose in-band command goes to QEMU next.
#include "proxy/fair_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

using coqmp::proxy::client_id;
using coqmp::proxy::fair_queue;
using coqmp::proxy::fair_queue_limits;

namespace {

constexpr client_id a{1};
constexpr client_id b{2};
constexpr client_id c{3};

using queue = fair_queue<std::string>;

void push(queue& to, client_id who, std::vector<std::string> const& names)
{
    for (std::string const& each : names)
        BOOST_REQUIRE(to.push(who, std::string(each)));
}

/// The commands that may leave now, in their order.
std::string popped(queue& from)
{
    std::string result;
    while (auto next = from.pop())
        result += next->item + ' ';
    return result;
}

std::unique_ptr<queue> with_clients(std::vector<client_id> const& clients, fair_queue_limits const& limits = {})
{
    auto result = std::make_unique<queue>(limits);
    for (client_id const each : clients)
        result->join(each);
    return result;
}

/// The rules once more, without data structures: for each client, when its turn began to wait.
class model
{
public:
    struct client
    {
        std::vector<int> queued;
        std::size_t on_the_wire = 0;
        bool here = true;
        std::optional<long> waiting_since;
        std::map<client_id, int> overtaken_by;  ///< how many commands of others left while this one waited
    };

    explicit model(fair_queue_limits const& limits) : limits_(limits) {}

    void join(client_id who) { clients[who]; }

    void leave(client_id who)
    {
        clients[who].queued.clear();
        clients[who].here = false;
    }

    bool push(client_id who, int item)
    {
        client& its = clients[who];
        if (!its.here || its.queued.size() == limits_.max_queued)
            return false;
        its.queued.push_back(item);
        return true;
    }

    std::optional<std::pair<client_id, int>> pop()
    {
        update();
        if (on_the_wire() >= limits_.window)
            return std::nullopt;
        std::optional<client_id> next;
        for (auto const& [id, each] : clients)
            if (each.waiting_since && (!next || *each.waiting_since < *clients[*next].waiting_since))
                next = id;
        if (!next)
            return std::nullopt;
        client& its = clients[*next];
        int const item = its.queued.front();
        its.queued.erase(its.queued.begin());
        ++its.on_the_wire;
        its.waiting_since.reset();
        its.overtaken_by.clear();
        for (auto& [id, each] : clients)
            if (each.waiting_since)
                ++each.overtaken_by[*next];
        update();
        return std::pair(*next, item);
    }

    /// Notes whose turn begins or ceases to wait. At most one does for each step.
    void update()
    {
        std::size_t const allowed = connected() > 1 ? 1 : limits_.window;
        for (auto& [id, each] : clients) {
            bool const waits = !each.queued.empty() && each.on_the_wire < allowed;
            if (!waits) {
                each.waiting_since.reset();
                each.overtaken_by.clear();
            } else if (!each.waiting_since) {
                each.waiting_since = ++now_;
            }
        }
    }

    [[nodiscard]] std::size_t on_the_wire() const
    {
        std::size_t sum = 0;
        for (auto const& [id, each] : clients)
            sum += each.on_the_wire;
        return sum;
    }

    [[nodiscard]] std::size_t connected() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(clients, [](auto const& each) { return each.second.here; }));
    }

    std::map<client_id, client> clients;

private:
    fair_queue_limits limits_;
    long now_ = 0;
};

/// A queue and its model, which are asked the same.
class history
{
public:
    history(fair_queue_limits const& limits, unsigned seed) : limits_(limits), queue_(limits), model_(limits), random_(seed) {}

    void step()
    {
        switch (random_() % 12) {
            case 0:
                return join();
            case 1:
                return leave();
            case 2:
            case 3:
            case 4:
            case 5:
                return push();
            case 6:
            case 7:
            case 8:
                return pop();
            default:
                return answer();
        }
    }

    /// Answers everything until nothing is left.
    void finish()
    {
        for (int steps = 0; queued() != 0 || model_.on_the_wire() != 0; ++steps) {
            BOOST_REQUIRE(steps < 10'000);
            pop();
            answer();
        }
        BOOST_REQUIRE(queue_.on_the_wire() == 0);
        BOOST_REQUIRE(!queue_.pop().has_value());
    }

private:
    client_id any_client() { return client_id{1 + random_() % std::max(last_, 1U)}; }

    void join()
    {
        if (model_.connected() >= 9)
            return;
        client_id const fresh{++last_};
        queue_.join(fresh);
        model_.join(fresh);
        model_.update();
        BOOST_REQUIRE(queue_.connected() == model_.connected());
    }

    void leave()
    {
        client_id const who = any_client();
        if (random_() % 3 != 0 || !model_.clients.contains(who))
            return;
        queue_.leave(who);
        model_.leave(who);
        model_.update();
        BOOST_REQUIRE(queue_.connected() == model_.connected());
    }

    void push()
    {
        client_id const who = any_client();
        if (!model_.clients.contains(who))
            return;
        int const item = ++last_item_;
        bool const full = model_.clients[who].here && model_.clients[who].queued.size() == limits_.max_queued;
        BOOST_REQUIRE(queue_.is_full(who) == full);
        BOOST_REQUIRE(queue_.push(who, int{item}) == model_.push(who, item));
        model_.update();
    }

    void pop()
    {
        auto const expected = model_.pop();
        auto const next = queue_.pop();
        BOOST_REQUIRE(next.has_value() == expected.has_value());
        if (!next)
            return;
        BOOST_REQUIRE((next->client == expected->first));
        BOOST_REQUIRE(next->item == expected->second);
        BOOST_REQUIRE(next->item > last_of_[next->client]);
        last_of_[next->client] = next->item;
        wire_.push_back(next->client);
        BOOST_REQUIRE(wire_.size() <= limits_.window);
        BOOST_REQUIRE(queue_.on_the_wire() == wire_.size());
        for (auto const& [id, each] : model_.clients)
            for (auto const& [other, times] : each.overtaken_by)
                BOOST_REQUIRE(times <= 1);
    }

    void answer()
    {
        if (wire_.empty())
            return;
        client_id const who = wire_.front();
        wire_.pop_front();
        queue_.answered(who);
        --model_.clients[who].on_the_wire;
        model_.update();
        BOOST_REQUIRE(queue_.on_the_wire() == wire_.size());
    }

    [[nodiscard]] std::size_t queued() const
    {
        std::size_t sum = 0;
        for (auto const& [id, each] : model_.clients)
            sum += each.queued.size();
        return sum;
    }

    fair_queue_limits limits_;
    fair_queue<int> queue_;
    model model_;
    std::mt19937 random_;
    unsigned last_ = 0;
    int last_item_ = 0;
    std::deque<client_id> wire_;
    std::map<client_id, int> last_of_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_fair_queue)

BOOST_AUTO_TEST_CASE(gives_a_client_that_is_alone_the_whole_window)
{
    auto const queue = with_clients({a});
    push(*queue, a, {"1", "2", "3", "4", "5", "6", "7", "8", "9"});
    BOOST_TEST(popped(*queue) == "1 2 3 4 5 6 7 ");
    BOOST_TEST(queue->on_the_wire() == 7U);
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "8 ");
}

BOOST_AUTO_TEST_CASE(gives_each_of_several_clients_one_slot)
{
    auto const queue = with_clients({a, b, c});
    push(*queue, a, {"a1", "a2", "a3"});
    push(*queue, b, {"b1", "b2"});
    BOOST_TEST(popped(*queue) == "a1 b1 ");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "a2 ");
    queue->answered(b);
    BOOST_TEST(popped(*queue) == "b2 ");
}

BOOST_AUTO_TEST_CASE(limits_a_busy_client_also_while_the_others_are_idle)
{
    auto const queue = with_clients({a, b});
    push(*queue, a, {"a1", "a2", "a3"});
    BOOST_TEST(popped(*queue) == "a1 ");
    push(*queue, b, {"b1"});
    BOOST_TEST(popped(*queue) == "b1 ");
}

BOOST_AUTO_TEST_CASE(takes_turns_when_there_are_more_clients_than_slots)
{
    fair_queue_limits limits;
    limits.window = 2;
    auto const queue = with_clients({a, b, c}, limits);
    push(*queue, a, {"a1", "a2"});
    push(*queue, b, {"b1", "b2"});
    push(*queue, c, {"c1", "c2"});
    BOOST_TEST(popped(*queue) == "a1 b1 ");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "c1 ");
    queue->answered(b);
    BOOST_TEST(popped(*queue) == "a2 ");
    queue->answered(c);
    BOOST_TEST(popped(*queue) == "b2 ");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "c2 ");
}

BOOST_AUTO_TEST_CASE(lets_a_newcomer_wait_for_what_is_on_the_wire_and_for_nothing_more)
{
    auto const queue = with_clients({a});
    push(*queue, a, {"1", "2", "3", "4", "5", "6", "7", "8", "9"});
    popped(*queue);
    queue->join(b);
    push(*queue, b, {"b1"});
    BOOST_TEST(popped(*queue) == "");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "b1 ");
    for (int count = 0; count < 5; ++count)
        queue->answered(a);
    BOOST_TEST(popped(*queue) == "");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "8 ");
}

BOOST_AUTO_TEST_CASE(gives_the_window_back_to_a_client_whose_neighbour_has_left)
{
    auto const queue = with_clients({a, b});
    push(*queue, a, {"a1", "a2", "a3"});
    BOOST_TEST(popped(*queue) == "a1 ");
    queue->leave(b);
    BOOST_TEST(popped(*queue) == "a2 a3 ");
}

BOOST_AUTO_TEST_CASE(drops_the_queued_commands_of_a_client_that_leaves)
{
    auto const queue = with_clients({a, b});
    push(*queue, a, {"a1", "a2"});
    push(*queue, b, {"b1", "b2"});
    queue->leave(a);
    BOOST_TEST(popped(*queue) == "b1 b2 ");
}

BOOST_AUTO_TEST_CASE(keeps_the_slots_of_a_client_that_has_left_until_they_are_answered)
{
    fair_queue_limits limits;
    limits.window = 2;
    auto const queue = with_clients({a}, limits);
    push(*queue, a, {"a1", "a2", "a3"});
    BOOST_TEST(popped(*queue) == "a1 a2 ");
    queue->leave(a);
    queue->join(b);
    push(*queue, b, {"b1", "b2"});
    BOOST_TEST(popped(*queue) == "");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "b1 ");
    queue->answered(a);
    BOOST_TEST(popped(*queue) == "b2 ");
    queue->answered(a);  // one too many
    BOOST_TEST(queue->on_the_wire() == 2U);
}

BOOST_AUTO_TEST_CASE(is_bounded_for_each_client)
{
    fair_queue_limits limits;
    limits.max_queued = 2;
    auto const queue = with_clients({a, b}, limits);
    push(*queue, a, {"a1", "a2"});
    BOOST_TEST(queue->is_full(a));
    BOOST_TEST(!queue->is_full(b));
    std::string kept = "a command that is longer than what a string keeps inside";
    BOOST_TEST(!queue->push(a, std::move(kept)));
    BOOST_TEST(kept.size() > 50U);  // NOLINT(bugprone-use-after-move): it is not moved from
    BOOST_TEST(popped(*queue) == "a1 ");
    BOOST_TEST(!queue->is_full(a));
}

BOOST_AUTO_TEST_CASE(takes_nothing_from_a_client_that_is_not_connected)
{
    auto const queue = with_clients({a});
    BOOST_TEST(!queue->push(b, "b1"));
    push(*queue, a, {"a1"});
    BOOST_TEST(popped(*queue) == "a1 ");
    queue->leave(a);
    queue->leave(a);
    BOOST_TEST(queue->connected() == 0U);
    BOOST_TEST(!queue->push(a, "a2"));
    BOOST_TEST(popped(*queue) == "");
}

BOOST_AUTO_TEST_CASE(frees_all_slots_and_keeps_queued_commands_when_the_connection_ends)
{
    auto const queue = with_clients({a, b, c});
    push(*queue, a, {"a1", "a2"});
    push(*queue, b, {"b1", "b2"});
    push(*queue, c, {"c1", "c2"});
    BOOST_TEST(popped(*queue) == "a1 b1 c1 ");
    queue->leave(c);
    queue->disconnected();
    BOOST_TEST(queue->on_the_wire() == 0U);
    std::string const next = popped(*queue);
    BOOST_TEST((next == "a2 b2 " || next == "b2 a2 "));
}

BOOST_AUTO_TEST_CASE(lets_each_client_be_overtaken_once_by_each_other_client)
{
    std::vector<client_id> clients;
    for (unsigned number = 1; number <= 16; ++number)
        clients.push_back(client_id{number});
    auto const queue = with_clients(clients);
    for (client_id const each : clients)
        if (each != b)
            push(*queue, each, {"1", "2", "3", "4", "5"});
    std::vector<client_id> wire;
    auto const exchange = [&] {
        while (auto next = queue->pop())
            wire.push_back(next->client);
        queue->answered(wire.front());
        wire.erase(wire.begin());
    };
    for (int count = 0; count < 20; ++count)
        exchange();
    push(*queue, b, {"b1"});
    std::map<client_id, int> before;
    while (wire.empty() || wire.front() != b) {
        if (!wire.empty())
            ++before[wire.front()];
        exchange();
    }
    BOOST_TEST(before.size() <= 15U);
    for (auto const& [id, times] : before)
        BOOST_TEST(times == 1);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_model_that_looks_at_everything)
{
    for (unsigned seed = 1; seed <= 300; ++seed) {
        fair_queue_limits limits;
        limits.window = 1 + seed % 7;
        limits.max_queued = 1 + seed % 5;
        history run(limits, seed);
        for (int step = 0; step < 300; ++step)
            run.step();
        run.finish();
    }
}

BOOST_AUTO_TEST_SUITE_END()
