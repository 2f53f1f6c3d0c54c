// A test of a user's program, with a QEMU of coqmp::testing. Needs no QEMU and no test framework.
#include <coqmp/coqmp.hpp>
#include <coqmp/testing/testing.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>

#include <chrono>

namespace asio = boost::asio;

int main()
{
    asio::io_context context;
    coqmp::testing::fake_qemu qemu{context};
    qemu.answer("query-block", "the answer");
    coqmp::session session{context};
    boost::json::value answer;
    session.async_connect(qemu.pair(), [&](boost::system::error_code) {
        session.async_execute("query-block", [&](boost::system::error_code, coqmp::reply const& reply) {
            answer = reply.value();
            session.close();
        });
    });
    context.run_for(std::chrono::seconds(30));
    return answer == boost::json::value("the answer") ? 0 : 1;
}
