// The descriptors of a proxy's clients, against a model of QEMU that would let one client touch those of another.
#include "proxy/client_descriptors.hpp"

#include "proxy/client_id.hpp"
#include "proxy/descriptor_use.hpp"

#include <coqmp/command.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace json = boost::json;
using coqmp::command;
using coqmp::proxy::client_descriptors;
using coqmp::proxy::client_id;
using coqmp::proxy::descriptor_use;

namespace {

/// QEMU's own tables, where each descriptor is the number of its client.
class model_qemu
{
public:
    /// Executes a command. @return its value, or nothing if it fails
    std::optional<json::value> execute(client_id who, std::string const& name, json::object const& arguments)
    {
        if (name == "getfd") {
            names[std::string(arguments.at("fdname").as_string())] = who;
            return json::value(json::object());
        }
        if (name == "closefd" || name == "add_client")
            return closed(std::string(arguments.at("fdname").as_string()));
        if (name == "add-fd")
            return added(who, arguments);
        if (sets.erase(arguments.at("fdset-id").as_int64()) == 0)
            return std::nullopt;
        return json::value(json::object());
    }

    std::map<std::string, client_id> names;
    std::map<std::int64_t, std::vector<client_id>> sets;

private:
    std::optional<json::value> closed(std::string const& name)
    {
        if (names.erase(name) == 0)
            return std::nullopt;
        return json::value(json::object());
    }

    json::value added(client_id who, json::object const& arguments)
    {
        std::int64_t set = 0;
        if (json::value const* const chosen = arguments.if_contains("fdset-id"))
            set = chosen->as_int64();
        else
            while (sets.contains(set))
                ++set;
        sets[set].push_back(who);
        json::object result;
        result["fdset-id"] = set;
        return result;
    }
};

/// Clients that use few names and sets, so that they are often in each other's way.
class crowd
{
public:
    explicit crowd(unsigned seed) : random_(seed) {}

    void step()
    {
        if (random_() % 3 == 0)
            return execute_next();
        unsigned const place = random_() % 3;
        if (random_() % 15 == 0)
            return replace(place);
        send(clients_[place]);
    }

    void finish()
    {
        for (unsigned place = 0; place < 3; ++place)
            replace(place);
        while (!wire_.empty())
            execute_next();
        BOOST_REQUIRE(qemu_.names.empty());
        BOOST_REQUIRE(qemu_.sets.empty());
        BOOST_REQUIRE(descriptors_.size() == 0U);
    }

private:
    struct sent
    {
        std::optional<client_id> who;  ///< Nothing: the proxy itself.
        std::string name;
        json::object arguments;
        descriptor_use use;
    };

    void send(client_id who)
    {
        static char const* const commands[] = {"getfd", "closefd", "add_client", "add-fd", "remove-fd"};
        std::string const name = commands[random_() % 5];
        json::object arguments;
        if (name == "add-fd" || name == "remove-fd") {
            if (name == "remove-fd" || random_() % 2 == 0)
                arguments["fdset-id"] = static_cast<std::int64_t>(random_() % 4);
        } else {
            arguments["fdname"] = std::string(1, static_cast<char>('a' + random_() % 3));
        }
        auto admission = descriptors_.admit(who, name, arguments);
        if (auto* const use = std::get_if<descriptor_use>(&admission))
            wire_.push_back({who, name, arguments, std::move(*use)});
    }

    void give_back(command const& each) { wire_.push_back({std::nullopt, each.name(), each.arguments(), {}}); }

    void replace(unsigned place)
    {
        for (command const& each : descriptors_.leave(clients_[place]))
            give_back(each);
        clients_[place] = client_id{++last_};
    }

    /// Executes the oldest command, and looks whether it has touched what belongs to another client that is still here.
    void execute_next()
    {
        if (wire_.empty())
            return;
        sent const next = std::move(wire_.front());
        wire_.pop_front();
        model_qemu const before = qemu_;
        auto const value = qemu_.execute(next.who.value_or(client_id{}), next.name, next.arguments);
        for (auto const& [name, owner] : before.names)
            if (owner != next.who && is_here(owner))
                BOOST_REQUIRE((qemu_.names.contains(name) && qemu_.names.at(name) == owner));
        for (auto const& [set, owners] : before.sets)
            if (owners.front() != next.who && is_here(owners.front()))
                BOOST_REQUIRE((qemu_.sets.contains(set) && qemu_.sets.at(set) == owners));
        if (!next.who)
            return;
        if (auto const more = descriptors_.answered(*next.who, next.use, value ? &*value : nullptr))
            give_back(*more);
    }

    [[nodiscard]] bool is_here(client_id who) const { return std::ranges::find(clients_, who) != std::end(clients_); }

    std::mt19937 random_;
    unsigned last_ = 3;
    client_id clients_[3] = {client_id{1}, client_id{2}, client_id{3}};
    client_descriptors descriptors_;
    model_qemu qemu_;
    std::deque<sent> wire_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_descriptors_model)

BOOST_AUTO_TEST_CASE(no_client_touches_what_another_one_has_and_nothing_is_left)
{
    for (unsigned seed = 1; seed <= 500; ++seed) {
        crowd run(seed);
        for (int step = 0; step < 200; ++step)
            run.step();
        run.finish();
    }
}

BOOST_AUTO_TEST_SUITE_END()
