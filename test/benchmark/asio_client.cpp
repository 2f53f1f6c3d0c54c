// The second reference: it does the same as raw_client, except that it waits for its answers with Asio, as any program does that
// has more than one thing to do. No client on Asio can be faster, so the difference to it is the cost of the library.
// usage: asio_client SOCKET commands WIDTH COUNT
#include "measure.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
using unix_stream = asio::local::stream_protocol;
using coqmp::benchmark::measurement;

class asio_connection
{
public:
    asio_connection(asio::io_context& context, char const* path) : context_(context), socket_(context)
    {
        socket_.connect(unix_stream::endpoint(path));
        socket_.non_blocking(true);
        await_lines(1);
        exchange(R"({"execute":"qmp_capabilities","id":1})", 1);
    }

    void exchange(std::string_view commands, std::size_t answers)
    {
        if (::send(socket_.native_handle(), commands.data(), commands.size(), MSG_NOSIGNAL) !=
            static_cast<::ssize_t>(commands.size()))
            throw std::runtime_error("the responder does not take it all");
        await_lines(answers);
    }

private:
    void await_lines(std::size_t count)
    {
        left_ = count;
        wait();
        context_.restart();
        context_.run();
    }

    void wait()
    {
        socket_.async_wait(unix_stream::socket::wait_read, [this](boost::system::error_code error) {
            if (error)
                throw boost::system::system_error(error);
            read();
            if (left_ != 0)
                wait();
        });
    }

    void read()
    {
        ::ssize_t const size = ::recv(socket_.native_handle(), buffer_.data(), buffer_.size(), 0);
        if (size == 0 || (size < 0 && errno != EAGAIN))
            throw std::runtime_error("the responder has left");
        auto const lines = std::count(buffer_.begin(), buffer_.begin() + std::max<::ssize_t>(size, 0), '\n');
        left_ -= std::min(left_, static_cast<std::size_t>(lines));
    }

    asio::io_context& context_;
    unix_stream::socket socket_;
    std::size_t left_ = 0;
    std::array<char, 65536> buffer_{};
};

void run_commands(char const* path, std::size_t width, std::size_t count)
{
    asio::io_context context(1);
    asio_connection peer(context, path);
    std::string batch;
    for (std::size_t index = 0; index < width; ++index)
        batch += R"({"execute":"query-status","id":7})";
    measurement const measured;
    for (std::size_t done = 0; done < count; done += width)
        peer.exchange(batch, width);
    measured.print();
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 5 || std::string_view(argv[2]) != "commands") {
        std::cerr << "usage: asio_client SOCKET commands WIDTH COUNT\n";
        return EXIT_FAILURE;
    }
    try {
        run_commands(argv[1], std::stoul(argv[3]), std::stoul(argv[4]));
        return EXIT_SUCCESS;
    } catch (std::exception const& error) {
        std::cerr << "asio_client: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
