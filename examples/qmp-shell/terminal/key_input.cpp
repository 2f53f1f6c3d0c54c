#include "terminal/key_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cwchar>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace qmp_shell {

namespace {

/// The terminal, to be waited for. Opened anew where that is allowed: Asio makes what it waits for non-blocking, and a duplicate
/// would share that with our output, and with the program that has the terminal after us.
int open_terminal()
{
    int const opened = ::open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return opened >= 0 ? opened : ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

bool input_is_there()
{
    ::pollfd waiting{STDIN_FILENO, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
}

}  // namespace

key_input::key_input(event_loop& loop) : loop_(loop), input_(loop.get_executor())
{
    int const number = open_terminal();
    if (number < 0)
        throw std::system_error(errno, std::generic_category(), "cannot use this terminal");
    input_.assign(number);
    input_.native_non_blocking(true);
}

key_event key_input::wait(wchar_t& character, std::function<bool()> const& wakes)
{
    bool interrupted = false;
    interruption const on_interrupt(loop_, [&interrupted] { interrupted = true; });
    for (;;) {
        await_input();
        loop_.run_until([&] { return state_->readable || interrupted || wakes(); });
        if (interrupted)
            return key_event::interrupted;
        if (wakes())
            return key_event::woken;
        state_->readable = false;
        // Without blocking: another process may have read what was there a moment ago.
        char byte = 0;
        ::ssize_t const size = ::read(input_.native_handle(), &byte, 1);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (size <= 0)
            return key_event::end_of_input;
        if (!is_discarded(byte) && complete_character(byte, character))
            return key_event::character;
    }
}

bool key_input::is_discarded(char byte)
{
    recent_ += byte;
    recent_.erase(0, recent_.size() - std::min(recent_.size(), paste_ends.size()));
    bool const discarded = discarding_;
    discarding_ = discarding_ && !recent_.ends_with(paste_ends);
    return discarded;
}

bool key_input::complete_character(char byte, wchar_t& character)
{
    partial_ += byte;
    std::mbstate_t state{};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and a state of its own
    std::size_t const used = std::mbrtowc(&character, partial_.data(), partial_.size(), &state);
    if (used == static_cast<std::size_t>(-2))
        return false;
    if (used == static_cast<std::size_t>(-1))
        character = L'\uFFFD';
    partial_.clear();
    return true;
}

void key_input::discard(bool in_paste)
{
    std::string text = std::move(recent_);
    std::size_t const read_before = text.size();
    std::array<char, 4096> piece{};
    for (::ssize_t size = 1; size > 0;) {
        size = ::read(input_.native_handle(), piece.data(), piece.size());
        text.append(piece.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    bool const ended_by_user = discarding_ && text.size() == read_before;
    std::size_t const begin = text.rfind(paste_begins);
    std::size_t const end = text.rfind(paste_ends);
    bool const begins_last = begin != std::string::npos && (end == std::string::npos || begin > end);
    bool const goes_on = begin == std::string::npos && end == std::string::npos && (in_paste || discarding_);
    discarding_ = !ended_by_user && (begins_last || goes_on);
    recent_ = text.substr(text.size() - std::min(text.size(), paste_ends.size() - 1));
    partial_.clear();
}

void key_input::await_input()
{
    if (state_->readable || state_->waiting)
        return;
    if (input_is_there()) {
        state_->readable = true;
        return;
    }
    state_->waiting = true;
    input_.async_wait(asio::posix::descriptor_base::wait_read, [state = state_](boost::system::error_code) {
        state->waiting = false;
        state->readable = true;
    });
}

}  // namespace qmp_shell
