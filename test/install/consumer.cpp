// A user's program: touches every floor, so that nothing can be missing from what was installed. Needs no QEMU.
#include <coqmp/coqmp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>

namespace asio = boost::asio;

int main()
{
    asio::io_context context;
    coqmp::machine const machine{context.get_executor(), coqmp::machine_spec()};
    coqmp::session session{context.get_executor()};
    auto reply = session.async_execute(coqmp::command("stop").with("force", true), asio::as_tuple(asio::use_future));
    context.run();
    auto const [error, value] = reply.get();
    std::cout << coqmp::endpoint::parse("unix:/run/qmp") << ": " << error.message() << '\n';
    return error == coqmp::errc::disconnected && error == coqmp::errc::not_sent ? 0 : 1;
}
