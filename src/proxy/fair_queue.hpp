// Which client's in-band command goes to QEMU next.
// Invariants: the commands of a client leave in their order; the window is never exceeded; while several clients are connected,
// no command of a client leaves while another one of the same client is on the wire. QEMU executes in-band commands one after
// the other, and the clients take turns, so a client waits for at most one command of each other client.
#ifndef COQMP_SRC_PROXY_FAIR_QUEUE_HPP
#define COQMP_SRC_PROXY_FAIR_QUEUE_HPP

#include "proxy/client_id.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coqmp::proxy {

struct fair_queue_limits
{
    std::size_t window = 7;       ///< The commands on the wire, of all clients together.
    std::size_t max_queued = 64;  ///< The commands of one client that wait here.
};

/// The queued commands of all clients. A client that is alone may fill the window. When a second one connects, commands that are on
/// the wire already stay there, so that the second client's first command may wait for a whole window.
/// push(), pop() and answered() take constant time; join(), leave() and the functions that concern all clients take time in
/// proportion to the number of clients.
/// @tparam Item a command; opaque to the queue
template <class Item>
class fair_queue
{
public:
    struct turn
    {
        client_id client{};
        Item item;
    };

    explicit fair_queue(fair_queue_limits const& limits = {}) noexcept : limits_(limits) {}
    fair_queue(fair_queue const&) = delete;
    fair_queue& operator=(fair_queue const&) = delete;

    /// A client has connected. Its id must be new.
    void join(client_id who)
    {
        lanes_[who].id = who;
        ++connected_;
        schedule_all();
    }

    /// A client has left: its queued commands are dropped, and those on the wire keep their slots until they are answered.
    /// @return the dropped commands
    std::vector<Item> leave(client_id who)
    {
        std::vector<Item> dropped;
        auto const found = lanes_.find(who);
        if (found == lanes_.end() || found->second.has_left)
            return dropped;
        lane& leaving = found->second;
        unschedule(leaving);
        std::ranges::move(leaving.queued, std::back_inserter(dropped));
        leaving.queued.clear();
        leaving.has_left = true;
        --connected_;
        if (leaving.on_the_wire == 0)
            lanes_.erase(found);
        schedule_all();
        return dropped;
    }

    /// Whether nothing more must be read from a client, because its queue is full.
    [[nodiscard]] bool is_full(client_id who) const noexcept
    {
        auto const found = lanes_.find(who);
        return found != lanes_.end() && found->second.queued.size() >= limits_.max_queued;
    }

    /// Queues a command. @return false: the queue of the client is full, or the client is not connected; the item is not moved from
    [[nodiscard]] bool push(client_id who, Item&& item)
    {
        auto const found = lanes_.find(who);
        if (found == lanes_.end() || found->second.has_left || found->second.queued.size() >= limits_.max_queued)
            return false;
        found->second.queued.push_back(std::move(item));
        schedule(found->second);
        return true;
    }

    /// The next command to put on the wire, where it has a slot until answered() is called; nothing if all clients have to wait.
    [[nodiscard]] std::optional<turn> pop()
    {
        if (ready_.empty() || on_the_wire_ >= limits_.window)
            return std::nullopt;
        lane& first = ready_.front();
        turn result{first.id, std::move(first.queued.front())};
        first.queued.pop_front();
        ++first.on_the_wire;
        ++on_the_wire_;
        unschedule(first);
        schedule(first);
        return result;
    }

    /// A command of a client has been answered, or will never be.
    void answered(client_id who) noexcept
    {
        auto const found = lanes_.find(who);
        if (found == lanes_.end() || found->second.on_the_wire == 0)
            return;
        --found->second.on_the_wire;
        --on_the_wire_;
        if (found->second.has_left && found->second.on_the_wire == 0)
            lanes_.erase(found);
        else
            schedule(found->second);
    }

    /// The connection to QEMU has ended: nothing is on the wire any more, and answered() must not be called for what was. Queued
    /// commands stay.
    void disconnected() noexcept
    {
        on_the_wire_ = 0;
        std::erase_if(lanes_, [](auto const& each) { return each.second.has_left; });
        for (auto& [id, each] : lanes_)
            each.on_the_wire = 0;
        schedule_all();
    }

    /// Takes all commands that have not been put on the wire out of the queue.
    [[nodiscard]] std::vector<Item> take_queued()
    {
        std::vector<Item> result;
        for (auto& [id, each] : lanes_) {
            std::ranges::move(each.queued, std::back_inserter(result));
            each.queued.clear();
            unschedule(each);
        }
        return result;
    }

    [[nodiscard]] std::size_t on_the_wire() const noexcept { return on_the_wire_; }
    /// Whether nothing is queued, and nothing is on the wire.
    [[nodiscard]] bool is_idle() const noexcept
    {
        return on_the_wire_ == 0 && std::ranges::all_of(lanes_, [](auto const& each) { return each.second.queued.empty(); });
    }
    [[nodiscard]] std::size_t connected() const noexcept { return connected_; }

private:
    struct lane : boost::intrusive::list_base_hook<>
    {
        client_id id{};
        std::deque<Item> queued;
        std::size_t on_the_wire = 0;
        bool has_left = false;
    };

    [[nodiscard]] bool may_send(lane const& candidate) const noexcept
    {
        std::size_t const allowed = connected_ > 1 ? std::min<std::size_t>(limits_.window, 1) : limits_.window;
        return !candidate.queued.empty() && candidate.on_the_wire < allowed;
    }

    void unschedule(lane& which) noexcept
    {
        if (which.is_linked())
            ready_.erase(ready_.iterator_to(which));
    }

    /// A client whose turn it may be takes its place behind the others; one that has a place keeps it.
    void schedule(lane& which) noexcept
    {
        if (!may_send(which))
            unschedule(which);
        else if (!which.is_linked())
            ready_.push_back(which);
    }

    void schedule_all() noexcept
    {
        for (auto& [id, each] : lanes_)
            schedule(each);
    }

    fair_queue_limits limits_;
    std::unordered_map<client_id, lane> lanes_;
    // The clients whose next command may leave, in the order of their turns. It links lanes, and must be destroyed before them.
    boost::intrusive::list<lane, boost::intrusive::constant_time_size<false>> ready_;
    std::size_t connected_ = 0;
    std::size_t on_the_wire_ = 0;
};

}  // namespace coqmp::proxy

#endif
