// Talks to a QEMU that is replaced again and again: commands wait for the next one, and events go on. usage: reconnecting DIRECTORY
#include <coqmp/coqmp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator||;

asio::awaitable<void> report(coqmp::reconnecting_session& vm)
{
    for (coqmp::connection_status now; now.state != coqmp::connection_state::closed; std::cout << now << '\n')
        now = co_await vm.async_wait_change(now);
}

asio::awaitable<void> follow(coqmp::event_stream events)
{
    while (auto const event = co_await events.next())
        std::cout << (coqmp::is_event_gap(*event) ? "events may be missing here: " : "event: ") << *event << '\n';
}

asio::awaitable<void> use(coqmp::reconnecting_session& vm)
{
    for (int ends = 0; ends < 3;) {
        auto const [error, reply] = co_await vm.async_execute("cont", asio::as_tuple(asio::deferred));
        if (error == coqmp::errc::outcome_unknown)
            std::cout << "connection " << ++ends << " has ended, and QEMU may have executed the command\n";
    }
    vm.close();
}

asio::awaitable<void> replace_qemu(std::string path)
{
    coqmp::machine_spec spec;  // not wait=off: see "Why listen" in the README
    spec.arguments = {"-M", "none", "-display", "none", "-S", "-qmp", "unix:" + path + ",server=on,wait=on"};
    for (;;) {
        coqmp::machine machine{co_await asio::this_coro::executor, spec};
        co_await machine.async_start();
        while (!(co_await machine.session().execute("query-status")).at("running").as_bool())
            continue;  // until the other client has sent "cont"
        machine.kill();
        co_await machine.async_wait();
    }
}

int main(int argc, char** argv)
{
    std::string const path = std::string(argc == 2 ? argv[1] : ".") + "/monitor";
    asio::io_context context{1};
    coqmp::reconnect_options options;
    options.unsent = coqmp::unsent_commands::wait;
    coqmp::reconnecting_session vm{context, coqmp::endpoint::unix_socket(path), options};
    asio::co_spawn(context, report(vm) || follow(vm.subscribe("RESUME")) || use(vm) || replace_qemu(path), asio::detached);
    vm.start();  // after subscribe(), so that no event is missed
    context.run();
    std::remove(path.c_str());  // a killed QEMU leaves its socket behind
}
