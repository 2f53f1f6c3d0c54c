// A QMP responder that is faster than any client: one epoll loop, no JSON tree, one write for everything from one read.
// usage: responder DESCRIPTOR, of a listening socket
//
// It knows `qmp_capabilities`, `query-status`, `query-qmp-schema` (a reply of 207 KB, like QEMU 7.2's), `flood` with the argument
// `count` (this many events of 200 bytes, then the reply), `hang` (no reply) and `quit`. Any other command gets an empty reply. It
// relies on the form that the clients here send: an id is the last member, there is none but `"id":`, and strings contain no braces.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view greeting =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["oob"]}})"
    "\r\n";

/// 200 bytes, including its line end.
constexpr std::string_view event = R"({"timestamp": {"seconds": 1781234567, "microseconds": 123456}, "event": "BLOCK_IO_ERROR", )"
                                   R"("data": {"device": "drive-virtio-disk0-000001", "operation": "write", "action": "report", )"
                                   R"("nospace": false}})"
                                   "\r\n";

std::string schema()
{
    std::string result = "[";
    for (int number = 0; result.size() < 207'000; ++number)
        result += (number == 0 ? "" : ", ") + std::string(R"({"name": ")") + std::to_string(number) +
                  R"(", "members": [{"name": "device", "type": "str"}, {"name": "force", "default": null, "type": "bool"}], )"
                  R"("meta-type": "object"})";
    return result + "]";
}

struct connection
{
    int socket = -1;
    std::string input;
    std::string output;
    std::size_t written = 0;
    std::size_t events_left = 0;
    std::string after_events;
    bool leaving = false;
    bool wants_to_write = false;
};

class responder
{
public:
    explicit responder(int listening);
    [[noreturn]] void run();

private:
    void accept_one();
    void serve(connection& client);
    void take_commands(connection& client);
    void answer(connection& client, std::string_view text);
    void flood(connection& client);
    bool write(connection& client);
    void drop(connection& client);

    int listening_;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::unique_ptr<connection>> clients_;
    std::string const schema_ = schema();
};

[[noreturn]] void fail(char const* what)
{
    std::perror(what);
    std::exit(1);
}

responder::responder(int listening) : listening_(listening)
{
    ::epoll_event interest{};
    interest.events = EPOLLIN;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listening_, &interest);
}

void responder::run()
{
    std::array<::epoll_event, 256> ready{};
    for (;;) {
        int const count = ::epoll_wait(epoll_, ready.data(), ready.size(), -1);
        for (int index = 0; index < count; ++index) {
            auto* client = static_cast<connection*>(ready.at(static_cast<std::size_t>(index)).data.ptr);
            if (client == nullptr)
                accept_one();
            else
                serve(*client);
        }
    }
}

void responder::accept_one()
{
    int const number = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number < 0)
        fail("accept");
    auto client = std::make_unique<connection>();
    client->socket = number;
    client->output = greeting;
    ::epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.ptr = client.get();
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, number, &interest);
    write(*client);
    clients_.push_back(std::move(client));
}

void responder::serve(connection& client)
{
    static std::array<char, 65536> buffer;
    ssize_t const size = ::recv(client.socket, buffer.data(), buffer.size(), 0);
    if (size > 0) {
        client.input.append(buffer.data(), static_cast<std::size_t>(size));
        take_commands(client);
    } else if (size == 0 || errno != EAGAIN) {
        drop(client);
        return;
    }
    do {
        flood(client);
        if (!write(client)) {
            drop(client);
            return;
        }
    } while (client.events_left != 0 && !client.wants_to_write);
}

void responder::take_commands(connection& client)
{
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t index = 0; index < client.input.size(); ++index) {
        if (client.input[index] == '{') {
            begin = depth++ == 0 ? index : begin;
        } else if (client.input[index] == '}' && --depth == 0) {
            answer(client, std::string_view(client.input).substr(begin, index + 1 - begin));
            begin = index + 1;
        }
    }
    client.input.erase(0, depth == 0 ? client.input.size() : begin);
}

void responder::answer(connection& client, std::string_view text)
{
    std::size_t const id_begin = text.rfind(R"("id":)");
    std::string id;
    if (id_begin != text.npos)
        id.append(R"(, "id": )").append(text, id_begin + 5, text.size() - id_begin - 6);
    if (text.find("\"hang\"") != text.npos)
        return;
    std::string& output = client.output;
    output += R"({"return": )";
    if (text.find("query-status") != text.npos) {
        output += R"({"status": "running", "singlestep": false, "running": true})";
    } else if (text.find("query-qmp-schema") != text.npos) {
        output += schema_;
    } else if (std::size_t const count = text.find("\"count\":"); count != text.npos) {
        std::from_chars(text.data() + count + 8, text.data() + text.size(), client.events_left);
        output.resize(output.size() - 11);
        client.after_events = R"({"return": {})" + id + "}\r\n";
        return;
    } else {
        output += "{}";
    }
    output += id;
    output += "}\r\n";
    client.leaving = text.find("\"quit\"") != text.npos;
}

void responder::flood(connection& client)
{
    if (client.events_left == 0)
        return;
    while (client.events_left != 0 && client.output.size() < 65536) {
        client.output += event;
        --client.events_left;
    }
    if (client.events_left == 0)
        client.output += client.after_events;
}

// Returns false if the client has disconnected.
bool responder::write(connection& client)
{
    bool full = false;
    if (client.written < client.output.size()) {
        ssize_t const size =
            ::send(client.socket, client.output.data() + client.written, client.output.size() - client.written, MSG_NOSIGNAL);
        if (size < 0 && errno != EAGAIN)
            return false;
        client.written += size > 0 ? static_cast<std::size_t>(size) : 0;
        full = client.written < client.output.size();
    }
    if (!full) {
        client.output.clear();
        client.written = 0;
    }
    if (full != client.wants_to_write) {
        client.wants_to_write = full;
        ::epoll_event interest{};
        interest.events = EPOLLIN | (full ? EPOLLOUT : 0U);
        interest.data.ptr = &client;
        ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.socket, &interest);
    }
    return full || !client.leaving;
}

void responder::drop(connection& client)
{
    ::close(client.socket);
    std::erase_if(clients_, [&client](auto const& each) { return each.get() == &client; });
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fputs("usage: responder DESCRIPTOR (of a listening socket)\n", stderr);
        return 2;
    }
    static_assert(event.size() == 200);
    responder(std::atoi(argv[1])).run();
}
