#include "support/real_qemu.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>
#include <system_error>
#include <utility>

namespace coqmp::test {

namespace {

constexpr int monitor_in_child = 3;

[[noreturn]] void fail(int error, char const* what)
{
    throw std::system_error(error, std::generic_category(), what);
}

int check(int result, char const* what)
{
    if (result < 0)
        fail(errno, what);
    return result;
}

std::vector<std::string> with_monitor(std::vector<std::string> arguments, monitor_kind kind, std::string const& mon)
{
    // Not wait=off, with which QEMU 7.2 can hang forever in accept() if a client connects while it starts (4 times in 9,000): its
    // main thread and that of its monitors both accept the connection. qemu-devel, November 2025: "monitor/qmp: cleanup socket listener
    // sources early to avoid fd handling race".
    bool const connected = kind == monitor_kind::pair;
    arguments.insert(arguments.end(),
                     {"-chardev", std::string("socket,id=monitor,fd=3") + (connected ? "" : ",server=on,wait=on"), "-mon",
                      "chardev=monitor,mode=control" + mon});
    return arguments;
}

int listen_on_path(std::string const& path)
{
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    int const number = check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    check(::bind(number, reinterpret_cast<::sockaddr*>(&address), sizeof address), "bind");
    check(::listen(number, 1), "listen");
    return number;
}

int listen_on_port(std::uint16_t& port)
{
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int const number = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    check(::bind(number, reinterpret_cast<::sockaddr*>(&address), sizeof address), "bind");
    check(::listen(number, 1), "listen");
    ::socklen_t size = sizeof address;
    check(::getsockname(number, reinterpret_cast<::sockaddr*>(&address), &size), "getsockname");
    port = ntohs(address.sin_port);
    return number;
}

/// Passes on the output of a program, except for the line that QEMU prints at every start with `wait=on`.
void pass_on(int output)
{
    ::lseek(output, 0, SEEK_SET);
    std::string text;
    std::array<char, 4096> part{};
    for (::ssize_t size = 0; (size = ::read(output, part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(size));
    std::string_view rest = text;
    while (!rest.empty()) {
        std::string_view const line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.find("QEMU waiting for connection on: ") == std::string_view::npos)
            std::cerr << line << '\n';
    }
}

}  // namespace

std::vector<std::string> real_qemu::no_machine()
{
    return {"-M", "none", "-nodefaults", "-display", "none", "-S"};
}

real_qemu::real_qemu(std::vector<std::string> const& arguments, monitor_kind kind, std::string const& mon)
    : real_qemu("qemu-system-x86_64", with_monitor(arguments, kind, mon), kind)
{}

real_qemu::real_qemu(std::string const& program, std::vector<std::string> const& arguments, monitor_kind kind)
    : monitor_(endpoint::unix_socket(directory_.path() / "monitor"))
{
    int const number = open_monitor(kind);
    launch(program, arguments, number);
    ::close(number);
}

real_qemu::~real_qemu()
{
    if (process_ < 0)
        return;
    ::syscall(SYS_pidfd_send_signal, process_, SIGKILL, nullptr, 0);
    wait();
}

int real_qemu::open_monitor(monitor_kind kind)
{
    if (kind == monitor_kind::unix_socket)
        return listen_on_path(monitor_.path());
    if (kind == monitor_kind::tcp) {
        std::uint16_t port = 0;
        int const number = listen_on_port(port);
        monitor_ = endpoint::tcp("127.0.0.1", port);
        return number;
    }
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    monitor_ = endpoint::descriptor(coqmp::descriptor(ends[1]));
    return ends[0];
}

void real_qemu::launch(std::string const& program, std::vector<std::string> const& arguments, int monitor)
{
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (std::string const& argument : arguments)
        words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    output_ = check(::memfd_create("output", MFD_CLOEXEC), "memfd_create");
    // Away from its final number, because a descriptor that is copied onto itself would stay close-on-exec.
    int const moved = check(::fcntl(monitor, F_DUPFD_CLOEXEC, 100), "fcntl");
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output_, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output_, STDERR_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, moved, monitor_in_child);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, monitor_in_child + 1);
    int const error = ::posix_spawnp(&pid_, program.c_str(), &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(moved);
    if (error != 0)
        fail(error, program.c_str());
    process_ = check(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
}

void real_qemu::signal(int number) const
{
    check(static_cast<int>(::syscall(SYS_pidfd_send_signal, process_, number, nullptr, 0)), "pidfd_send_signal");
}

void real_qemu::stop() const
{
    signal(SIGSTOP);
    ::siginfo_t ignored{};
    check(::waitid(P_PIDFD, static_cast<::id_t>(process_), &ignored, WSTOPPED), "waitid");
}

void real_qemu::resume() const
{
    signal(SIGCONT);
}

int real_qemu::wait()
{
    ::siginfo_t status{};
    while (::waitid(P_PIDFD, static_cast<::id_t>(process_), &status, WEXITED) != 0 && errno == EINTR) {
    }
    ::close(std::exchange(process_, -1));
    pass_on(output_);
    ::close(std::exchange(output_, -1));
    return status.si_code == CLD_EXITED ? status.si_status : 128 + status.si_status;
}

}  // namespace coqmp::test
