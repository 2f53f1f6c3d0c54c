// The commands that start, list and control jobs; and the speed of a job.
#include "job/job_commands.hpp"
#include "detail/rate_estimate.hpp"

#include <coqmp/job_end.hpp>
#include <coqmp/job_failed.hpp>
#include <coqmp/job_progress.hpp>

#include <coqmp/error.hpp>
#include <coqmp/schema.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using coqmp::command;
using coqmp::job_end;
using coqmp::job_outcome;
using coqmp::job_state;
using coqmp::schema;
using coqmp::version;
using coqmp::detail::jobs_in;
using coqmp::detail::prepare_start;
using coqmp::detail::rate_estimate;
using namespace std::chrono_literals;

namespace {

version const modern{7, 2, 22, ""};

/// A release of QEMU, and its schema.
struct release
{
    version peer;
    schema known;
};

/// `qemu-7.2-debian.json` is of version 7.2.
version version_in(std::string const& file)
{
    version result;
    char dot = 0;
    std::istringstream(file.substr(file.find('-') + 1)) >> result.major >> dot >> result.minor;
    return result;
}

std::vector<release> releases()
{
    std::vector<release> all;
    for (auto const& each : std::filesystem::directory_iterator(COQMP_TEST_SCHEMAS))
        all.push_back({version_in(each.path().filename().native()), schema::load(each.path().native())});
    return all;
}

/// The commands that start jobs, as start_job() names them, and another one.
std::vector<std::string> const job_starts{"blockdev-mirror", "blockdev-backup", "block-commit",    "block-stream",
                                          "blockdev-create", "drive-mirror",    "drive-backup",    "snapshot-save",
                                          "snapshot-load",   "snapshot-delete", "x-blockdev-amend"};

bool turns_auto_dismiss_off(std::string const& name, version const& peer, schema const& known = {})
{
    auto const start = prepare_start(command(name), peer, 1, known);
    return start.what.arguments().contains("auto-dismiss");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_commands)

BOOST_AUTO_TEST_CASE(a_job_without_an_id_gets_one)
{
    auto const start = prepare_start(command("blockdev-mirror").with("device", "a"), modern, 0x1f);
    BOOST_TEST(start.id == "coqmp-mirror-1f");
    BOOST_TEST(start.what.arguments().at("job-id").as_string() == "coqmp-mirror-1f");
}

BOOST_AUTO_TEST_CASE(a_job_keeps_its_id)
{
    auto const start = prepare_start(command("blockdev-create").with("job-id", "c0"), modern, 1);
    BOOST_TEST(start.id == "c0");
    BOOST_TEST(start.dismisses);
    BOOST_TEST(!start.what.arguments().contains("auto-dismiss"));
}

BOOST_AUTO_TEST_CASE(qemu_is_asked_to_keep_a_job_that_it_would_forget)
{
    for (char const* const name :
         {"block-commit", "block-stream", "blockdev-mirror", "drive-mirror", "blockdev-backup", "drive-backup"}) {
        auto const start = prepare_start(command(name), modern, 1);
        BOOST_TEST(start.what.arguments().at("auto-dismiss").as_bool() == false);
        BOOST_TEST(start.dismisses);
    }
}

BOOST_AUTO_TEST_CASE(what_the_caller_says_about_the_dismissal_stays)
{
    for (bool const said : {true, false}) {
        auto const start = prepare_start(command("blockdev-mirror").with("auto-dismiss", said), modern, 1);
        BOOST_TEST(start.what.arguments().at("auto-dismiss").as_bool() == said);
        BOOST_TEST(!start.dismisses);
    }
}

BOOST_AUTO_TEST_CASE(an_old_qemu_is_not_asked_for_what_it_does_not_have)
{
    BOOST_TEST(!prepare_start("blockdev-mirror", version{3, 0, 0, ""}, 1).what.arguments().contains("auto-dismiss"));
    BOOST_TEST(prepare_start("blockdev-mirror", version{3, 1, 0, ""}, 1).what.arguments().contains("auto-dismiss"));
    BOOST_TEST(prepare_start("drive-backup", version{2, 12, 0, ""}, 1).what.arguments().contains("auto-dismiss"));
    BOOST_TEST(!prepare_start("drive-backup", version{2, 11, 0, ""}, 1).what.arguments().contains("auto-dismiss"));
}

BOOST_AUTO_TEST_CASE(the_version_says_what_the_schema_says)
{
    auto const all = releases();
    BOOST_TEST(all.size() >= 12U);
    for (release const& each : all) {
        BOOST_TEST(each.peer.major >= 2);
        int dismissed = 0;
        for (std::string const& name : job_starts) {
            if (!each.known.has_command(name))
                continue;
            bool const has_argument = each.known.has_argument(name, "auto-dismiss");
            BOOST_TEST(turns_auto_dismiss_off(name, each.peer) == has_argument, name << " of QEMU " << each.peer.major);
            BOOST_TEST(each.known.has_argument(name, "job-id"), name << " of QEMU " << each.peer.major);
            dismissed += has_argument ? 1 : 0;
        }
        BOOST_TEST(dismissed > 0);
        for (std::string const& name : each.known.command_names())
            if (each.known.has_argument(name, "auto-dismiss"))
                BOOST_TEST(std::ranges::count(job_starts, name) == 1, name << " of QEMU " << each.peer.major);
    }
}

BOOST_AUTO_TEST_CASE(a_schema_knows_better_than_the_version)
{
    for (release const& each : releases())
        for (std::string const& name : each.known.command_names())
            for (version const& claimed : {version{2, 8, 0, ""}, version{11, 0, 0, ""}})
                BOOST_TEST(turns_auto_dismiss_off(name, claimed, each.known) == each.known.has_argument(name, "auto-dismiss"),
                           name << " of QEMU " << each.peer.major);
}

BOOST_AUTO_TEST_CASE(an_unknown_command_is_left_as_it_is)
{
    auto const start = prepare_start("x-strange-job", modern, 10);
    BOOST_TEST(start.id == "coqmp-job-a");
    BOOST_TEST(!start.dismisses);
    BOOST_TEST(start.what.arguments().size() == 1U);
}

BOOST_AUTO_TEST_CASE(both_lists_of_jobs_are_understood)
{
    auto const modern_list = jobs_in(boost::json::parse(
        R"([{"id": "m", "type": "mirror", "status": "ready", "current-progress": 5, "total-progress": 9},
            {"id": "c", "type": "create", "status": "concluded", "current-progress": 1, "total-progress": 1, "error": "why"}])"));
    BOOST_REQUIRE(modern_list.size() == 2U);
    BOOST_TEST(modern_list[0].state == job_state::ready);
    BOOST_TEST(modern_list[0].current == 5U);
    BOOST_TEST(modern_list[1].error == "why");
    auto const old_list = jobs_in(boost::json::parse(
        R"([{"device": "d", "type": "backup", "len": 9, "offset": 5, "paused": true, "io-status": "nospace"}])"));
    BOOST_REQUIRE(old_list.size() == 1U);
    BOOST_TEST(old_list[0].id == "d");
    BOOST_TEST(old_list[0].state == job_state::paused);
    BOOST_TEST(old_list[0].paused_by_error);
}

BOOST_AUTO_TEST_CASE(a_list_that_makes_no_sense_has_no_jobs)
{
    for (char const* const text : {"null", "{}", "[1, null, {}]", R"([{"id": 7, "status": []}])", R"([{"device": ""}])"})
        BOOST_TEST(jobs_in(boost::json::parse(text)).empty());
    BOOST_TEST(jobs_in(boost::json::parse(R"([{"id": "m", "current-progress": -1, "total-progress": "x"}])"))[0].current == 0U);
}

BOOST_AUTO_TEST_CASE(a_state_has_the_name_that_qemu_gives_it)
{
    for (auto const state : {job_state::created, job_state::running, job_state::paused, job_state::ready, job_state::standby,
                             job_state::waiting, job_state::pending, job_state::aborting, job_state::concluded, job_state::null})
        BOOST_TEST(coqmp::job_state_named(coqmp::to_string(state)) == state);
    BOOST_TEST(coqmp::job_state_named("undefined") == job_state::unknown);
}

BOOST_AUTO_TEST_CASE(a_failure_says_which_job_failed_and_why)
{
    coqmp::job_failed const failure("m0", job_end(job_outcome::failed, "No space left\x1b[31m"));
    BOOST_TEST(failure.what() == "job m0 failed: No space left\\x1b[31m");
    BOOST_TEST(failure.end().error == "No space left\x1b[31m");
    BOOST_TEST((failure.code() == coqmp::errc::job_failed));
    BOOST_TEST((coqmp::job_failed("m0", job_end(job_outcome::cancelled)).code() == coqmp::errc::job_cancelled));
    BOOST_TEST((coqmp::job_failed("m0", job_end(job_outcome::vanished)).code() == coqmp::errc::job_vanished));
    coqmp::job_failed const refused("m0", job_end(job_outcome::refused, "job-complete: no"));
    BOOST_TEST(refused.what() == "job m0: QEMU refused job-complete: no");
}

BOOST_AUTO_TEST_CASE(progress_prints_as_one_line)
{
    coqmp::job_progress progress;
    progress.state = job_state::running;
    progress.current = 1;
    progress.total = 4;
    progress.rate = 2.0;
    progress.time_left = 1500ms;
    std::ostringstream out;
    out << progress;
    BOOST_TEST(out.str() == "running, 25 % (1 of 4), 2/s, 2 s left");
}

BOOST_AUTO_TEST_CASE(a_steady_counter_has_its_rate)
{
    rate_estimate rate;
    rate_estimate::time_point now{};
    BOOST_TEST(!rate.per_second().has_value());
    for (std::uint64_t value = 0; value <= 1000; value += 100, now += 500ms)
        rate.sample(now, value);
    BOOST_TEST(*rate.per_second() == 200.0, boost::test_tools::tolerance(1e-9));
    BOOST_TEST((std::chrono::round<std::chrono::milliseconds>(*rate.time_for(400)) == 2s));
}

BOOST_AUTO_TEST_CASE(a_jump_is_smoothed_and_forgotten)
{
    rate_estimate rate;
    rate_estimate::time_point now{};
    std::uint64_t value = 0;
    rate.sample(now, value);
    for (int second = 0; second < 10; ++second)
        rate.sample(now += 1s, value += 100);
    rate.sample(now += 1s, value += 1000);
    BOOST_TEST(*rate.per_second() > 100.0);
    BOOST_TEST(*rate.per_second() < 400.0);
    for (std::uint64_t const end = value + 4000; value < end; value += 100)
        rate.sample(now += 1s, value);
    BOOST_TEST(*rate.per_second() == 100.0, boost::test_tools::tolerance(0.01));
}

// QEMU throttles in slices of time: often nothing has moved when the first sample is taken.
BOOST_AUTO_TEST_CASE(a_first_sample_without_growth_counts_for_its_time_only)
{
    rate_estimate rate;
    rate_estimate::time_point now{};
    rate.sample(now, 0);
    rate.sample(now += 500ms, 0);
    rate.sample(now += 500ms, 160);
    BOOST_TEST(*rate.per_second() == 160.0, boost::test_tools::tolerance(0.1));
    rate.sample(now += 500ms, 160);
    rate.sample(now += 500ms, 320);
    BOOST_TEST(*rate.per_second() == 160.0, boost::test_tools::tolerance(0.1));
}

BOOST_AUTO_TEST_CASE(a_counter_that_stands_still_or_goes_back_has_no_time_left)
{
    rate_estimate rate;
    rate_estimate::time_point now{};
    rate.sample(now, 50);
    rate.sample(now, 60);  // at the same moment
    BOOST_TEST(!rate.per_second().has_value());
    rate.sample(now += 1s, 50);
    BOOST_TEST(*rate.per_second() == 0.0);
    BOOST_TEST(!rate.time_for(10).has_value());
    rate.sample(now += 1s, 10);
    BOOST_TEST(!rate.per_second().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
