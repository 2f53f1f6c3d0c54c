#include "stored/state_files.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace coqmpd {

namespace {

constexpr char const* accepted_name = "file";
constexpr char const* reported_name = "reported";
constexpr std::size_t largest = std::size_t{8} << 20;  // a file has at most 1 MiB, and JSON may need six bytes for one

[[noreturn]] void fail(std::string const& what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

std::optional<std::string> contents_of(std::filesystem::path const& path)
{
    coqmp::descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    std::string result;
    std::array<char, 4096> piece{};
    for (;;) {
        ::ssize_t const count = ::read(file.number(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 || result.size() > largest)
            return std::nullopt;
        if (count == 0)
            return result;
        result.append(piece.data(), static_cast<std::size_t>(count));
    }
}

void write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        ::ssize_t const written = ::write(file, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            fail("write");
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

asio::awaitable<void> nothing()
{
    co_return;
}

}  // namespace

state_files::state_files(asio::any_io_executor executor, std::string const& directory,
                         std::function<void(std::string const&, std::string const&)> failed)
    : executor_(std::move(executor)), directory_(std::filesystem::absolute(directory)), failed_(std::move(failed))
{}

std::filesystem::path state_files::file_of(std::string const& machine, char const* name) const
{
    return directory_ / machine / name;
}

std::optional<accepted_file> state_files::read_accepted(std::string const& machine) const
{
    auto const text = contents_of(file_of(machine, accepted_name));
    return text ? parse_accepted_file(*text) : std::nullopt;
}

std::optional<reported_state> state_files::read_reported(std::string const& machine) const
{
    auto const text = contents_of(file_of(machine, reported_name));
    return text ? parse_reported_state(*text) : std::nullopt;
}

// The supervisor locks this file for each QEMU (machine_spec::outlives_us), which keeps the lock until its end.
bool state_files::has_process(std::string const& machine) const
{
    coqmp::descriptor const lock(::open(file_of(machine, "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    return lock.number() >= 0 && ::flock(lock.number(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

void state_files::keep(std::string const& machine, machine_file const& file, std::vector<launched_arguments> launches)
{
    work(machine, [this, machine, file, launches = std::move(launches)]() mutable {
        auto const before = read_accepted(machine);
        if (!before || before->text != file.text || before->launches != launches)
            write(machine, accepted_name, to_string(accept(file, std::move(launches))), true);
    });
}

// When the host has crashed, the states are others anyway.
void state_files::keep(std::string const& machine, reported_state what)
{
    work(machine, [this, machine, what] { write(machine, reported_name, to_string(what), false); });
}

void state_files::forget(std::string const& machine)
{
    work(machine, [this, machine] {
        for (char const* const each : {accepted_name, reported_name})
            ::unlink(file_of(machine, each).c_str());
        ::rmdir((directory_ / machine).c_str());  // fails if there is a log
    });
}

asio::awaitable<void> state_files::finish()
{
    co_await asio::co_spawn(thread_, nothing(), asio::use_awaitable);
}

void state_files::write(std::string const& machine, char const* name, std::string const& text, bool survives_host) const
{
    constexpr ::mode_t owner_only = 0600;
    std::filesystem::path const place = directory_ / machine;
    if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST)
        fail("cannot make the directory " + place.native());
    std::string const path = file_of(machine, name);
    std::string const fresh = path + ".new";
    ::unlink(fresh.c_str());
    coqmp::descriptor const file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, owner_only));
    if (file.number() < 0)
        fail("cannot make " + fresh);
    write_all(file.number(), text);
    if ((survives_host && ::fdatasync(file.number()) != 0) || std::rename(fresh.c_str(), path.c_str()) != 0)
        fail("cannot write " + path);
}

void state_files::work(std::string const& machine, std::function<void()> task)
{
    asio::post(thread_, [this, machine, task = std::move(task)] {
        try {
            task();
        } catch (std::exception const& failure) {
            asio::post(executor_, [failed = failed_, machine, text = std::string(failure.what())] { failed(machine, text); });
        }
    });
}

}  // namespace coqmpd
