// A job "m" of a fake peer.
#ifndef COQMP_TEST_SUPPORT_RUNNING_JOB_HPP
#define COQMP_TEST_SUPPORT_RUNNING_JOB_HPP

#include "support/conversation.hpp"

#include <coqmp/command.hpp>
#include <coqmp/job.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace coqmp::test {

inline command const mirror = command("blockdev-mirror").with("job-id", "m").with("device", "a").with("target", "b");

/// The peer's job "m".
inline void tell(fake_peer& peer, std::string_view status)
{
    peer.event("JOB_STATUS_CHANGE", {{"id", "m"}, {"status", status}});
}

inline void tell_end(fake_peer& peer, std::string_view error = {})
{
    json::object data{{"device", "m"}, {"type", "mirror"}, {"len", 100}, {"offset", 100}, {"speed", 0}};
    if (!error.empty())
        data["error"] = error;
    peer.event("BLOCK_JOB_COMPLETED", data);
    tell(peer, "concluded");
}

inline json::array listed(std::string_view status, int current)
{
    return {json::object{
        {"id", "m"}, {"type", "mirror"}, {"status", status}, {"current-progress", current}, {"total-progress", 100}}};
}

/// A session, its peer, and a job that runs.
struct running_job : conversation
{
    explicit running_job(asio::any_io_executor executor) : conversation(std::move(executor)) {}

    asio::awaitable<void> start()
    {
        co_await begin();
        subject.emplace(client, mirror);
        completion<reply> started(client.get_executor());
        subject->async_start(started.token());
        auto const sent = co_await peer.receive();
        BOOST_TEST(sent.name == "blockdev-mirror");
        BOOST_TEST(sent.arguments.at("auto-dismiss").as_bool() == false);
        tell(peer, "created");
        tell(peer, "running");
        peer.answer(sent.id);
        error_code const error = co_await started.done();
        BOOST_TEST(error == error_code());
    }

    completion<job_end> wait()
    {
        completion<job_end> result(client.get_executor());
        subject->async_wait(result.token());
        return result;
    }

    completion<job_end> run()
    {
        completion<job_end> result(client.get_executor());
        subject->async_run(result.token());
        return result;
    }

    std::optional<job> subject;
};

}  // namespace coqmp::test

#endif
