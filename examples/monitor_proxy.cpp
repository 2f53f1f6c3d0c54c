// A machine whose monitor other programs share: each sees a QEMU of its own, and may do what its policy allows.
// usage: monitor_proxy DIRECTORY        (for the socket)
#include <coqmp/coqmp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace asio = boost::asio;

// What another program does. It only knows the socket.
asio::awaitable<void> look_around(coqmp::endpoint monitor)
{
    coqmp::session vm{co_await asio::this_coro::executor};
    co_await vm.async_connect(monitor);
    std::cout << co_await vm.execute("query-status") << '\n';
    try {
        co_await vm.execute("quit");
    } catch (coqmp::command_failed const& failure) {
        std::cout << failure.what() << '\n';
    }
}

asio::awaitable<void> share(std::string directory)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-display", "none", "-S"};
    coqmp::machine vm{executor, spec};
    co_await vm.async_start();

    auto mine = std::make_shared<coqmp::monitor_policy const>(
        coqmp::monitor_policy("night-shift", coqmp::monitor_policy::read_only()).allow("stop").allow("cont"));
    coqmp::monitor_proxy_options options;
    options.policy_for = [=](coqmp::monitor_client const&) { return mine; };
    options.audit = [](coqmp::monitor_audit const& record) {
        std::cout << "audit: " << record.command << (record.was_refused ? ", refused\n" : "\n");
    };
    coqmp::monitor_proxy proxy{executor, options};
    proxy.use(vm.session());
    co_await look_around(proxy.listen(coqmp::endpoint::unix_socket(directory + "/monitor")));
    co_await vm.session().quit();  // the program itself may do everything
}

int main(int argc, char** argv)
{
    return coqmp::run_program("monitor_proxy", share(argc == 2 ? argv[1] : "."));
}
