#include "support/fake_agent.hpp"

#include "guest_agent/base64.hpp"
#include "guest_agent/command_traits.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;

namespace coqmp::test {

namespace {

constexpr char delimiter = '\xff';

/// What an agent answers with instead of a value.
struct refusal
{
    std::string error_class;
    std::string description;
};

[[noreturn]] void refuse(std::string error_class, std::string description)
{
    throw refusal{std::move(error_class), std::move(description)};
}

std::string text(json::value const& value)
{
    json::string const& found = value.as_string();
    return std::string(found.c_str(), found.size());
}

struct open_file
{
    std::string path;
    std::size_t position = 0;
};

}  // namespace

struct fake_agent::connection : std::enable_shared_from_this<connection>
{
    explicit connection(asio::any_io_executor const& executor) : socket(executor) {}

    asio::awaitable<void> serve();
    void take_commands();
    void handle(json::object const& message);
    void answer(std::string const& name, std::string const& prefix, json::object message, json::object const& command);
    json::value execute(std::string const& name, json::object const& arguments);
    json::value open(json::object const& arguments);
    json::value read(json::object const& arguments);
    json::value write(json::object const& arguments);
    json::value exec_status(json::object const& arguments);
    open_file& file_of(json::object const& arguments);

    /// Sends at once what the socket takes, and the rest as the client reads. The client may have left.
    void say(std::string_view bytes)
    {
        output.append(bytes);
        if (!sending)
            send();
    }

    void send()
    {
        error_code error;
        socket.non_blocking(true, error);
        std::size_t const sent = socket.write_some(asio::buffer(output), error);
        output.erase(0, sent);
        if (output.empty() || (error && error != asio::error::would_block))
            return output.clear();
        sending = true;
        socket.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](error_code failed) {
            self->sending = false;
            if (!failed)
                self->send();
        });
    }

    fake_guest guest;
    asio::basic_stream_socket<asio::local::stream_protocol, asio::any_io_executor> socket;
    std::string input;
    std::string output;
    bool sending = false;
    std::string late;
    std::map<std::int64_t, open_file> files;
    std::map<std::int64_t, fake_program> processes;
    std::int64_t next_handle = 1000;
    int commands = 0;
};

fake_agent::fake_agent(asio::any_io_executor const& executor)
    : line_(std::make_shared<connection>(executor)), address_(endpoint::unix_socket("none"))
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw boost::system::system_error(error_code(errno, boost::system::system_category()), "socketpair");
    line_->socket.assign(asio::local::stream_protocol(), ends[0]);
    address_ = endpoint::descriptor(descriptor(ends[1]));
    asio::co_spawn(executor, line_->serve(), asio::detached);
}

fake_agent::~fake_agent()
{
    if (line_)
        close();
}

fake_guest& fake_agent::guest() noexcept
{
    return line_->guest;
}

void fake_agent::say(std::string_view bytes)
{
    line_->say(bytes);
}

void fake_agent::release()
{
    line_->say(std::exchange(line_->late, {}));
}

void fake_agent::start()
{
    line_->guest.is_silent = false;
    line_->take_commands();
}

void fake_agent::close()
{
    error_code ignored;
    line_->socket.close(ignored);
}

asio::awaitable<void> fake_agent::until(std::function<bool()> condition)
{
    auto const line = line_;
    auto const executor = line->socket.get_executor();
    while (!condition())
        co_await asio::post(executor, asio::deferred);
}

asio::awaitable<void> fake_agent::has_received(std::string name)
{
    auto const line = line_;
    return until([line, name] { return std::ranges::find(line->guest.received, name) != line->guest.received.end(); });
}

asio::awaitable<void> fake_agent::connection::serve()
{
    auto const self = shared_from_this();
    std::array<char, 65536> buffer;
    for (;;) {
        auto reading = socket.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::deferred));
        auto const [error, size] = co_await std::move(reading);
        if (error)
            co_return;
        input.append(buffer.data(), size);
        if (!guest.is_silent)
            take_commands();
    }
}

void fake_agent::connection::take_commands()
{
    while (!input.empty() && socket.is_open()) {
        // As qemu-ga's parser does: 0xFF drops what is unfinished, and is reported as an error.
        auto const cut = input.rfind(delimiter);
        if (cut != std::string::npos && input.find("guest-sync-delimited", cut) != std::string::npos) {
            input.erase(0, cut + 1);
            say(R"({"error": {"class": "GenericError", "desc": "JSON parse error, stray 'x'"}})"
                "\n");
        }
        json::stream_parser parser;
        error_code unfinished;
        std::size_t const used = parser.write_some(input.data(), input.size(), unfinished);
        if (unfinished || !parser.done())
            return;
        input.erase(0, used);
        json::value const message = parser.release();
        handle(message.as_object());
    }
}

void fake_agent::connection::handle(json::object const& message)
{
    std::string const name = text(message.at("execute"));
    auto const* const given = message.if_contains("arguments");
    json::object const arguments = given != nullptr ? given->as_object() : json::object();
    if (guest.refuses_ids && message.contains("id")) {
        say(R"({"error": {"class": "GenericError", "desc": "QMP input object member 'id' is unexpected"}})"
            "\n");
        return;
    }
    if (commands++ == guest.cut_at) {
        error_code ignored;
        socket.close(ignored);
        return;
    }
    bool const is_sync = name == "guest-sync-delimited";
    if (is_sync)
        ++guest.synchronized;
    else
        guest.received.push_back(name);
    if (guest.lost.contains(name))
        return;
    json::object result;
    try {
        json::value returned = execute(name, arguments);
        if (detail::is_silent_on_success(name))
            return;
        result["return"] = std::move(returned);
    } catch (refusal const& why) {
        json::object error;
        error["class"] = why.error_class;
        error["desc"] = why.description;
        result["error"] = std::move(error);
    }
    answer(name, is_sync ? std::string(1, delimiter) : std::string(), std::move(result), message);
}

void fake_agent::connection::answer(std::string const& name, std::string const& prefix, json::object result,
                                    json::object const& command)
{
    if (guest.echoes_ids && command.contains("id"))
        result["id"] = command.at("id");
    std::string const line = prefix + json::serialize(result) + "\n";
    if (guest.held.contains(name))
        late += line;
    else
        say(line);
}

json::value fake_agent::connection::execute(std::string const& name, json::object const& arguments)
{
    guest.last_arguments = arguments;
    if (guest.is_frozen && !detail::is_allowed_while_frozen(name))
        refuse("CommandNotFound", "Command " + name + " has been disabled: the agent is in frozen state");
    if (guest.refused.contains(name))
        refuse("GenericError", "refused by the test");
    if (auto const found = guest.answers.find(name); found != guest.answers.end())
        return found->second;
    if (name == "guest-sync-delimited")
        return arguments.at("id");
    if (name == "guest-ping" || name == "guest-shutdown" || name == "guest-suspend-ram")
        return json::object();
    if (name == "guest-fsfreeze-freeze" || name == "guest-fsfreeze-freeze-list")
        return guest.is_frozen = true, 2;
    if (name == "guest-fsfreeze-thaw")
        return std::exchange(guest.is_frozen, false) ? 2 : 0;
    if (name == "guest-file-open")
        return open(arguments);
    if (name == "guest-file-read")
        return read(arguments);
    if (name == "guest-file-write")
        return write(arguments);
    if (name == "guest-exec-status")
        return exec_status(arguments);
    if (name == "guest-file-seek") {
        file_of(arguments).position = arguments.at("offset").to_number<std::size_t>();
        return json::object();
    }
    if (name == "guest-file-close") {
        static_cast<void>(file_of(arguments));
        files.erase(arguments.at("handle").as_int64());
        guest.open_files.erase(arguments.at("handle").as_int64());
        return json::object();
    }
    if (name == "guest-exec") {
        auto const found = guest.programs.find(text(arguments.at("path")));
        if (found == guest.programs.end())
            refuse("GenericError", "Guest agent command failed: no such program");
        processes[++next_handle] = found->second;
        json::object result;
        result["pid"] = next_handle;
        return result;
    }
    refuse("CommandNotFound", "The command " + name + " has not been found");
}

json::value fake_agent::connection::open(json::object const& arguments)
{
    std::string const path = text(arguments.at("path"));
    std::string const mode = text(arguments.at("mode"));
    if (mode == "wb")
        guest.files[path].clear();
    else if (!guest.files.contains(path))
        refuse("GenericError", "failed to open file '" + path + "' (mode: '" + mode + "'): No such file or directory");
    files[++next_handle] = open_file{path};
    guest.open_files[next_handle] = path;
    return next_handle;
}

open_file& fake_agent::connection::file_of(json::object const& arguments)
{
    auto const found = files.find(arguments.at("handle").as_int64());
    if (found == files.end())
        refuse("GenericError", "handle has not been found");
    return found->second;
}

json::value fake_agent::connection::read(json::object const& arguments)
{
    open_file& file = file_of(arguments);
    std::string const& content = guest.files[file.path];
    auto const most = arguments.at("count").to_number<std::size_t>();
    std::string const part = file.position < content.size() ? content.substr(file.position, most) : std::string();
    file.position += part.size();
    json::object result;
    result["count"] = part.size();
    result["buf-b64"] = detail::encode_base64(part);
    result["eof"] = part.size() < most;
    return result;
}

json::value fake_agent::connection::write(json::object const& arguments)
{
    open_file& file = file_of(arguments);
    std::string const bytes = detail::decode_base64(text(arguments.at("buf-b64"))).value().substr(0, guest.most_written);
    std::string& content = guest.files[file.path];
    content.resize(std::max(content.size(), file.position + bytes.size()));
    content.replace(file.position, bytes.size(), bytes);
    file.position += bytes.size();
    json::object result;
    result["count"] = bytes.size();
    result["eof"] = false;
    return result;
}

json::value fake_agent::connection::exec_status(json::object const& arguments)
{
    auto const found = processes.find(arguments.at("pid").as_int64());
    if (found == processes.end())
        refuse("GenericError", "PID does not exist");
    json::object result;
    result["exited"] = found->second.polls == 0;
    if (found->second.polls-- > 0)
        return result;
    for (auto const& member : found->second.result)
        result[member.key()] = member.value();
    processes.erase(found);
    return result;
}

}  // namespace coqmp::test
