// Dumps of panicked guests, with real QEMUs.
#include <coqmp/supervisor.hpp>

#include "support/guests.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/command.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
using coqmp::change;
using coqmp::change_stream;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::machine_spec;
using coqmp::panic_action;
using coqmp::supervision_policy;
using coqmp::supervisor;
using namespace coqmp::test;

namespace {

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const& path = folder.path();
    std::filesystem::path const dumps = path / "dumps";
    std::vector<std::string> log;

    [[nodiscard]] coqmp::supervisor_options options()
    {
        coqmp::supervisor_options result;
        result.log = [this](coqmp::log_level, std::string_view sentence) { log.emplace_back(sentence); };
        return result;
    }

    [[nodiscard]] supervision_policy dumping(panic_action action) const
    {
        supervision_policy policy = quick();
        policy.on_panic = action;
        policy.dumps_after_panic = true;
        policy.dump_directory = dumps.native();
        return policy;
    }

    [[nodiscard]] machine_spec panicking() const { return guest(panic, path, "-device", "pvpanic", "-action", "panic=pause"); }

    [[nodiscard]] bool has_logged(std::string_view words) const
    {
        return std::ranges::any_of(log, [words](std::string const& each) { return each.find(words) != std::string::npos; });
    }

    /// Their names, the oldest one first.
    [[nodiscard]] std::vector<std::string> files() const
    {
        std::vector<std::string> result;
        for (auto const& each : std::filesystem::directory_iterator(dumps))
            result.push_back(each.path().filename().native());
        std::ranges::sort(result);
        return result;
    }
};

/// The next change in which it is dumped, or is not dumped any more.
asio::awaitable<change> next_dumping(change_stream& changes, bool is_dumping)
{
    auto has_it = [is_dumping](change const& what) {
        return what.state == lifecycle::paused && what.status.reason == lifecycle_reason::panicked &&
               what.status.is_dumping == is_dumping;
    };
    co_return co_await next_change(changes, std::move(has_it));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(dumps_a_panicked_guest_to_a_file_for_its_user_alone)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", panicking(), dumping(panic_action::leave));
        machines.start("vm");
        co_await next_dumping(changes, true);
        co_await next_dumping(changes, false);
        auto const found = files();
        BOOST_REQUIRE(found.size() == 1U);
        BOOST_TEST(found.front().starts_with("vm."));
        BOOST_TEST(found.front().ends_with("Z.elf"));
        std::filesystem::path const file = dumps / found.front();
        BOOST_TEST(std::filesystem::file_size(file) > 32U << 20);
        std::string magic(4, ' ');
        std::ifstream(file, std::ios::binary).read(magic.data(), 4);
        BOOST_TEST(magic ==
                   "\x7f"
                   "ELF");
        struct ::stat status{};
        BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
        BOOST_TEST((status.st_mode & 0777U) == 0600U);
        BOOST_REQUIRE(::stat(dumps.c_str(), &status) == 0);
        BOOST_TEST((status.st_mode & 0777U) == 0700U);
        BOOST_TEST(has_logged("its memory is in " + file.native()));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(resets_a_panicked_guest_after_its_dump_and_keeps_the_latest_dumps)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        supervision_policy policy = dumping(panic_action::reset);
        policy.most_restarts = 3;
        policy.most_dumps = 2;
        machines.add("vm", panicking(), policy);
        machines.start("vm");
        std::vector<std::string> all;
        for (int times = 0; times < 3; ++times) {
            co_await next_dumping(changes, true);
            co_await next_dumping(changes, false);
        }
        change const last = co_await reaches(changes, "vm", lifecycle::given_up);
        BOOST_TEST(last.status.reason == lifecycle_reason::panicked);
        auto const found = files();
        BOOST_TEST(found.size() == 2U);
        for (std::string const& each : found)
            BOOST_TEST(each.ends_with(".elf"));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_dump_a_guest_that_is_larger_than_a_dump_may_be)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        supervision_policy policy = dumping(panic_action::leave);
        policy.largest_dump = 31U << 20;
        machines.add("vm", panicking(), policy);
        machines.start("vm");
        co_await next_dumping(changes, true);
        co_await next_dumping(changes, false);
        BOOST_TEST(files().empty());
        BOOST_TEST(has_logged("its memory (32 MiB) is larger than a dump may be (31 MiB)"));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_dump_to_a_directory_in_which_others_may_write)
{
    auto const body = [this]() -> asio::awaitable<void> {
        std::filesystem::create_directory(dumps);
        std::filesystem::permissions(dumps, std::filesystem::perms::all);
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", panicking(), dumping(panic_action::leave));
        machines.start("vm");
        co_await next_dumping(changes, true);
        co_await next_dumping(changes, false);
        BOOST_TEST(files().empty());
        BOOST_TEST(has_logged("others may write to it"));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(removes_what_a_qemu_that_has_ended_left_of_a_dump)
{
    auto const body = [this]() -> asio::awaitable<void> {
        std::filesystem::create_directory(dumps);
        std::filesystem::permissions(dumps, std::filesystem::perms::owner_all);
        std::ofstream(dumps / "vm.20261201T173000.007Z.partial") << "half of it";
        std::ofstream(dumps / "vm2.20261201T173000.007Z.partial") << "of another machine";
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", panicking(), dumping(panic_action::leave));
        machines.start("vm");
        co_await next_dumping(changes, true);
        co_await next_dumping(changes, false);
        auto const found = files();
        BOOST_REQUIRE(found.size() == 2U);
        BOOST_TEST(found.back() == "vm2.20261201T173000.007Z.partial");
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(shuts_a_panicked_guest_down_when_its_dump_is_complete)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", panicking(), dumping(panic_action::leave));
        machines.start("vm");
        co_await next_dumping(changes, true);
        co_await machines.async_stop("vm");
        auto const found = files();
        BOOST_REQUIRE(found.size() == 1U);
        BOOST_TEST(found.front().ends_with(".elf"));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_dump_again_what_an_earlier_one_has_dumped)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        coqmp::supervisor_options kept = options();
        kept.directory = (path / "machines").native();
        machine_spec spec = panicking();
        spec.outlives_us = true;
        {
            supervisor machines(executor, kept);
            change_stream changes = machines.subscribe();
            machines.add("vm", spec, dumping(panic_action::leave));
            machines.start("vm");
            co_await next_dumping(changes, true);
            co_await next_dumping(changes, false);
            co_await machines.async_release_all();
        }
        auto const before = files();
        log.clear();
        supervisor machines(executor, kept);
        change_stream changes = machines.subscribe();
        machines.add("vm", spec, dumping(panic_action::leave));
        co_await next_dumping(changes, true);
        co_await next_dumping(changes, false);
        BOOST_TEST(files() == before, boost::test_tools::per_element());
        BOOST_TEST(!has_logged("dump"));
        co_await machines.async_stop("vm");
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
