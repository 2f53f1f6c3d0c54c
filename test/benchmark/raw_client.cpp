// The reference: a client that writes and reads in a tight loop and only counts line ends. No client that interprets its input
// can do less.
// usage: raw_client SOCKET commands WIDTH COUNT | events COUNT | schema COUNT | connect COUNT | sessions SESSIONS COUNT |
//        latency COUNT | watch COUNT | idle SESSIONS
#include "measure.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using coqmp::benchmark::measurement;

class raw_connection
{
public:
    explicit raw_connection(char const* path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
        if (::connect(socket_, reinterpret_cast<::sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error(std::string(path) + ": " + std::strerror(errno));
        read_lines(1);
        write(R"({"execute":"qmp_capabilities","id":1})");
        read_lines(1);
    }

    raw_connection(raw_connection const&) = delete;
    raw_connection& operator=(raw_connection const&) = delete;
    ~raw_connection() { ::close(socket_); }

    [[nodiscard]] int socket() const noexcept { return socket_; }

    void write(std::string_view text) const
    {
        while (!text.empty()) {
            ssize_t const size = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (size <= 0)
                throw std::runtime_error("the responder has left");
            text.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    void read_lines(std::size_t count) const
    {
        while (count != 0)
            count -= std::min(count, read_some());
    }

    /// @return the number of line ends
    std::size_t read_some() const
    {
        static std::array<char, 65536> buffer;
        ssize_t const size = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (size <= 0)
            throw std::runtime_error("the responder has left");
        std::size_t lines = 0;
        std::string_view rest(buffer.data(), static_cast<std::size_t>(size));
        for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            ++lines;
            rest.remove_prefix(end + 1);
        }
        return lines;
    }

private:
    int socket_;
};

constexpr std::string_view query_status = R"({"execute":"query-status","id":7})";

void run_commands(char const* path, std::size_t width, std::size_t count)
{
    raw_connection const peer(path);
    std::string batch;
    for (std::size_t index = 0; index < width; ++index)
        batch += query_status;
    measurement const measured;
    for (std::size_t done = 0; done < count; done += width) {
        peer.write(batch);
        peer.read_lines(width);
    }
    measured.print();
}

void run_events(char const* path, std::size_t count)
{
    raw_connection const peer(path);
    measurement const measured;
    peer.write(R"({"execute":"flood","arguments":{"count":)" + std::to_string(count) + R"(},"id":7})");
    peer.read_lines(count + 1);
    measured.print();
}

void run_schema(char const* path, std::size_t count)
{
    raw_connection const peer(path);
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        peer.write(R"({"execute":"query-qmp-schema","id":7})");
        peer.read_lines(1);
    }
    measured.print();
}

void run_connect(char const* path, std::size_t count)
{
    measurement const measured;
    for (std::size_t done = 0; done < count; ++done) {
        raw_connection const peer(path);
        peer.write(R"({"execute":"quit","id":7})");
        peer.read_lines(1);
    }
    measured.print();
}

// Each session sends its next command as soon as it has its reply.
void run_sessions(char const* path, std::size_t sessions, std::size_t count)
{
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::unique_ptr<raw_connection>> all;
    for (std::size_t index = 0; index < sessions; ++index) {
        all.push_back(std::make_unique<raw_connection>(path));
        ::epoll_event interest{};
        interest.events = EPOLLIN;
        interest.data.ptr = all.back().get();
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, all.back()->socket(), &interest);
    }
    measurement const measured;
    for (auto const& each : all)
        each->write(query_status);
    std::array<::epoll_event, 128> ready{};
    for (std::size_t done = 0; done < count;) {
        int const number = ::epoll_wait(epoll, ready.data(), ready.size(), -1);
        for (int index = 0; index < number; ++index) {
            auto const& peer = *static_cast<raw_connection const*>(ready.at(static_cast<std::size_t>(index)).data.ptr);
            done += peer.read_some();
            peer.write(query_status);
        }
    }
    measured.print();
}

// Prints the time within which 99 of 100 commands were answered.
void run_latency(char const* path, std::size_t count)
{
    using clock = std::chrono::steady_clock;
    raw_connection const peer(path);
    std::vector<double> microseconds;
    for (std::size_t done = 0; done < count; ++done) {
        auto const begin = clock::now();
        peer.write(query_status);
        peer.read_lines(1);
        microseconds.push_back(std::chrono::duration<double, std::micro>(clock::now() - begin).count());
    }
    std::ranges::sort(microseconds);
    std::printf("{\"p50\": %.1f, \"p99\": %.1f}\n", microseconds[count / 2], microseconds[count * 99 / 100]);
}

/// Tells the program that has started this one that it can begin.
void report_ready()
{
    std::puts("{}");
    std::fflush(stdout);
}

void run_watch(char const* path, std::size_t count)
{
    raw_connection const peer(path);
    report_ready();
    peer.read_lines(count);
}

// Until the end of standard input.
void run_idle(char const* path, std::size_t sessions)
{
    std::vector<std::unique_ptr<raw_connection>> all;
    for (std::size_t index = 0; index < sessions; ++index)
        all.push_back(std::make_unique<raw_connection>(path));
    report_ready();
    while (std::getchar() != EOF) {
    }
}

std::size_t number(char const* text)
{
    return std::stoul(text);
}

bool run(std::string_view work, int argc, char** argv)
{
    if (work == "commands" && argc == 5)
        run_commands(argv[1], number(argv[3]), number(argv[4]));
    else if (work == "sessions" && argc == 5)
        run_sessions(argv[1], number(argv[3]), number(argv[4]));
    else if (work == "events" && argc == 4)
        run_events(argv[1], number(argv[3]));
    else if (work == "schema" && argc == 4)
        run_schema(argv[1], number(argv[3]));
    else if (work == "connect" && argc == 4)
        run_connect(argv[1], number(argv[3]));
    else if (work == "latency" && argc == 4)
        run_latency(argv[1], number(argv[3]));
    else if (work == "watch" && argc == 4)
        run_watch(argv[1], number(argv[3]));
    else if (work == "idle" && argc == 4)
        run_idle(argv[1], number(argv[3]));
    else
        return false;
    return true;
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        if (argc > 2 && run(argv[2], argc, argv))
            return EXIT_SUCCESS;
        std::cerr << "usage: raw_client SOCKET commands WIDTH COUNT | events COUNT | schema COUNT | connect COUNT | sessions "
                     "SESSIONS COUNT | latency COUNT | watch COUNT | idle SESSIONS\n";
    } catch (std::exception const& error) {
        std::cerr << "raw_client: " << error.what() << '\n';
    }
    return EXIT_FAILURE;
}
