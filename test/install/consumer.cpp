// A program of a user. It uses every floor, so that it fails to build if the installation misses a file. Needs no QEMU.
#include <coqmp/coqmp.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>

namespace asio = boost::asio;

int main()
{
    asio::io_context context;
    coqmp::machine const machine{context.get_executor(), coqmp::machine_spec()};
    coqmp::session session{context.get_executor()};
    coqmp::command const stop = coqmp::command("stop").with("force", true);
    bool refused = false;
    session.async_execute(stop, [&](boost::system::error_code error, coqmp::reply const&) {
        std::cout << boost::json::serialize(stop.arguments()) << ": " << error.message() << '\n';
        refused = error == coqmp::errc::disconnected && error == coqmp::errc::not_sent;
    });
    context.run();
    return refused && coqmp::endpoint::parse("unix:/run/qmp").is_unix() ? 0 : 1;
}
