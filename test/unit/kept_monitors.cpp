// The names of monitors in a descriptor store, and what is in the store when.
#include "supervisor/kept_monitors.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/descriptor_store.hpp>
#include <coqmp/machine_record.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace coqmp;
using namespace coqmp::detail;

namespace {

machine_record record_of(::pid_t process, std::uint64_t start_time)
{
    machine_record result;
    result.process = process;
    result.start_time = start_time;
    return result;
}

descriptor some_descriptor()
{
    return descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// A service manager's.
struct fixture
{
    std::map<std::string, descriptor> stored;
    std::vector<std::string> dropped;

    [[nodiscard]] descriptor_store store(std::vector<std::string> const& content = {})
    {
        descriptor_store result;
        result.keep = [this](std::string const& name, descriptor const& which) {
            BOOST_TEST(stored.emplace(name, which).second, name + " is in use");
        };
        result.drop = [this](std::string const& name) {
            stored.erase(name);
            dropped.push_back(name);
        };
        for (std::string const& each : content) {
            stored.emplace(each, some_descriptor());
            result.content.push_back({each, stored.at(each)});
        }
        return result;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kept_monitors_of_machines, fixture)

BOOST_AUTO_TEST_CASE(a_name_says_whose_connection_it_is)
{
    kept_name const name{"vm.7", 4711, 123456, true};
    BOOST_TEST(name.text() == "coqmp-monitor/vm.7/4711/123456/oob");
    BOOST_TEST((kept_name::parse(name.text()) == name));
    kept_name const other{"vm", 1, 2, false};
    BOOST_TEST(other.text() == "coqmp-monitor/vm/1/2/in-band");
    BOOST_TEST((kept_name::parse(other.text()) == other));
}

BOOST_AUTO_TEST_CASE(a_name_of_another_kind_is_ignored)
{
    for (std::string_view const each : {"", "stored", "coqmp-monitor/", "coqmp-monitor/vm", "coqmp-monitor/vm/1",
                                        "coqmp-monitor/vm/1/2", "coqmp-monitor//1/2/oob", "coqmp-monitor/vm/1/2/other",
                                        "coqmp-monitor/vm/x/2/oob", "coqmp-monitor/vm/1/-2/oob", "coqmp-monitor/vm/1/2/oob/"})
        BOOST_TEST(!kept_name::parse(each).has_value(), each);
    kept_monitors monitors(store({"stored"}));
    monitors.drop("stored");
    BOOST_TEST(dropped.empty());
}

// systemd allows 255 characters.
BOOST_AUTO_TEST_CASE(the_longest_name_fits)
{
    kept_name const longest{std::string(64, 'm'), std::numeric_limits<::pid_t>::max(), std::numeric_limits<std::uint64_t>::max(),
                            false};
    BOOST_TEST(longest.text().size() <= 128U);
}

BOOST_AUTO_TEST_CASE(a_connection_is_put_into_the_store_once)
{
    kept_monitors monitors(store());
    BOOST_TEST(monitors.keep({"vm", 1, 2, true}, some_descriptor()));
    BOOST_TEST(monitors.keep({"vm", 1, 2, true}, some_descriptor()));
    BOOST_TEST(stored.contains("coqmp-monitor/vm/1/2/oob"));
}

BOOST_AUTO_TEST_CASE(a_machine_has_one_connection_in_the_store)
{
    kept_monitors monitors(store());
    BOOST_TEST(monitors.keep({"vm", 1, 2, true}, some_descriptor()));
    BOOST_TEST(monitors.keep({"web", 5, 6, true}, some_descriptor()));
    BOOST_TEST(monitors.keep({"vm", 3, 4, false}, some_descriptor()));
    BOOST_TEST(stored.size() == 2U);
    BOOST_TEST(stored.contains("coqmp-monitor/vm/3/4/in-band"));
    monitors.drop("vm");
    BOOST_TEST(stored.size() == 1U);
    monitors.drop("vm");
    BOOST_TEST(dropped.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_machine_gets_the_connection_with_its_process)
{
    kept_monitors monitors(store({"coqmp-monitor/vm/1/2/oob", "coqmp-monitor/vm/3/4/in-band", "coqmp-monitor/web/3/4/oob"}));
    auto const kept = monitors.take("vm", record_of(3, 4));
    BOOST_REQUIRE(kept.has_value());
    BOOST_TEST(!kept->has_out_of_band);
    BOOST_TEST((dropped == std::vector<std::string>{"coqmp-monitor/vm/1/2/oob"}));
    BOOST_TEST(!monitors.take("vm", record_of(3, 4)).has_value());
    BOOST_TEST(monitors.keep({"vm", 3, 4, false}, some_descriptor()));  // it is still in the store
}

BOOST_AUTO_TEST_CASE(a_connection_with_an_earlier_process_is_dropped)
{
    kept_monitors monitors(store({"coqmp-monitor/vm/1/2/oob"}));
    BOOST_TEST(!monitors.take("vm", record_of(1, 3)).has_value());
    BOOST_TEST(stored.empty());
}

BOOST_AUTO_TEST_CASE(only_what_is_unread_says_more_of_a_process_that_has_ended)
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    descriptor const ours(ends[0]);
    descriptor const peer(ends[1]);
    descriptor_store content = store();
    content.content.push_back({"coqmp-monitor/vm/1/2/oob", ours});
    kept_monitors monitors(std::move(content));
    BOOST_TEST(!monitors.has_unread("vm", record_of(1, 2)));
    BOOST_REQUIRE(::send(peer.number(), "{", 1, 0) == 1);
    BOOST_TEST(monitors.has_unread("vm", record_of(1, 2)));
    BOOST_TEST(!monitors.has_unread("vm", record_of(1, 3)));
    BOOST_TEST(!monitors.has_unread("web", record_of(1, 2)));
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_without_a_store)
{
    kept_monitors monitors{descriptor_store()};
    BOOST_TEST(!monitors.keep({"vm", 1, 2, true}, some_descriptor()));
    monitors.drop("vm");
}

BOOST_AUTO_TEST_SUITE_END()
