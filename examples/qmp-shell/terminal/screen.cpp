#include "terminal/screen.hpp"

#include "terminal/columns.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace qmp_shell {

namespace {

bool may_have_colour()
{
    char const* const refused = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): one thread
    return ::isatty(STDOUT_FILENO) == 1 && screen::is_capable() && (refused == nullptr || *refused == '\0');
}

::winsize size_of_terminal()
{
    ::winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        size.ws_col = 80;
        size.ws_row = 24;
    }
    return size;
}

/// Whether the terminal echoes `^C` for Ctrl-C, and sends the signal to us.
bool echoes_interrupts(int number)
{
    ::termios settings{};
    constexpr ::tcflag_t needed = ISIG | ECHO | ECHOCTL;
    return ::tcgetpgrp(number) == ::getpgrp() && ::tcgetattr(number, &settings) == 0 && (settings.c_lflag & needed) == needed;
}

/// @return why not all of it was written; zero: it was
int write_all(int number, std::string_view text)
{
    while (!text.empty()) {
        ::ssize_t const written = ::write(number, text.data(), text.size());
        if (written < 0 && errno == EAGAIN) {  // a program that shares this terminal or pipe may have made it non-blocking
            ::pollfd room{number, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return errno;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return 0;
}

std::string as_lines(std::string_view text)
{
    std::string result(text);
    if (result.empty() || result.back() != '\n')
        result += '\n';
    return result;
}

constexpr std::string_view clear_line = "\r\033[K";

}  // namespace

screen::screen(bool interactive) : interactive_(interactive), colour_(may_have_colour()) {}

bool screen::is_capable()
{
    char const* const terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): one thread
    return terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::size_t screen::width()
{
    return size_of_terminal().ws_col;
}

std::size_t screen::height()
{
    return size_of_terminal().ws_row;
}

std::string screen::shown(std::string_view text)
{
    return ::isatty(STDOUT_FILENO) == 1 ? harmless(text) : std::string(text);
}

void screen::answer(std::string_view text)
{
    if (sink_ != nullptr)
        *sink_ += as_lines(text);
    else
        print(STDOUT_FILENO, as_lines(text));
}

void screen::note(std::string_view text)
{
    note_printed(harmless(text));
}

void screen::note_printed(std::string_view text)
{
    print(interactive_ ? STDOUT_FILENO : STDERR_FILENO, as_lines(text));
}

void screen::complain(std::string_view text)
{
    std::string const lines = as_lines(harmless(text));
    if (!interactive_)
        print(STDERR_FILENO, "qmp-shell: " + (place_.empty() ? "" : place_ + ": ") + lines);
    else if (colour_ && ::isatty(STDERR_FILENO) == 1)
        print(STDERR_FILENO, "\033[31m" + lines + "\033[m");
    else
        print(STDERR_FILENO, lines);
}

void screen::progress(std::string text)
{
    if (!interactive_ || text == progress_)
        return;
    std::string const shown = std::string(clear_line) + text;
    progress_ = std::move(text);
    std::fflush(stdout);
    write_all(STDOUT_FILENO, shown);
}

void screen::redraw()
{
    if (!progress_.empty())
        write_all(STDOUT_FILENO, std::string(clear_line) + progress_);
}

void screen::after_interrupt()
{
    int const number = ::isatty(STDERR_FILENO) == 1 ? STDERR_FILENO : STDOUT_FILENO;
    // A caller that draws the last line itself also clears it.
    if (typed_ == nullptr && progress_.empty() && !held_ && echoes_interrupts(number))
        write_all(number, "\n");
}

void screen::keep(int number, std::string text)
{
    if (kept_.size() == most_held) {
        kept_.pop_front();
        ++left_out_;
    }
    kept_.push_back({number, std::move(text)});
}

void screen::hold()
{
    held_ = true;
    if (interactive_ && is_capable())
        write_all(STDOUT_FILENO, "\033[?2004l");  // bracketed paste off; the line editor turns it on before it reads
}

void screen::release()
{
    held_ = false;
    std::size_t const missing = std::exchange(left_out_, 0);
    if (missing > 0)
        note('(' + std::to_string(missing) + " earlier lines were left out while the pager was shown)");
    for (held_text& each : std::exchange(kept_, {}))
        print(each.number, std::move(each.text));
}

void screen::print(int number, std::string text)
{
    if (held_) {
        keep(number, std::move(text));
        return;
    }
    ++printed_;
    if (typed_ != nullptr)
        typed_->hide();
    std::fflush(stdout);  // libedit writes there
    if (!progress_.empty())
        write_all(STDOUT_FILENO, clear_line);
    int const error = write_all(number, text);
    if (number == STDOUT_FILENO && error != EPIPE && output_error_ == 0)  // a broken pipe has no reader to miss the text
        output_error_ = error;
    if (!progress_.empty())
        write_all(STDOUT_FILENO, progress_);
    if (typed_ != nullptr)
        typed_->show();
}

}  // namespace qmp_shell
