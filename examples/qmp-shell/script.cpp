#include "script.hpp"

#include "terminal/columns.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace qmp_shell {

namespace {

/// Lines from standard input. A pipe may be slow, and QEMU is read meanwhile; a file is always ready.
class input_lines
{
public:
    explicit input_lines(monitor& monitor) : monitor_(monitor), input_(monitor.loop().get_executor())
    {
        int const number = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
        boost::system::error_code ignored;
        if (number >= 0)
            input_.assign(number, ignored);
    }

    /// @return nothing at the end, and when QEMU has gone or the script was interrupted
    std::optional<std::string> next()
    {
        std::size_t end = buffer_.find('\n');
        while (end == std::string::npos && !ended_) {
            if (!await_input())
                return std::nullopt;
            std::size_t const searched = buffer_.size();  // a long line is looked through once, not for each piece of it
            fill();
            end = buffer_.find('\n', searched);
        }
        if (buffer_.empty())
            return std::nullopt;
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end == std::string::npos ? buffer_.size() : end + 1);
        return line;
    }

    /// What is there already, without a wait.
    std::string rest()
    {
        ::pollfd waiting{STDIN_FILENO, POLLIN, 0};
        if (buffer_.find('\n') == std::string::npos && !ended_ && ::poll(&waiting, 1, 0) > 0)
            fill();
        return buffer_;
    }

private:
    bool await_input()
    {
        bool ready = false;
        bool interrupted = false;
        interruption const on_interrupt(monitor_.loop(), [&interrupted] { interrupted = true; });
        // What cannot be waited for (a regular file) is ready: the wait then ends at once, with an error.
        input_.async_wait(asio::posix::descriptor_base::wait_read, [&ready](boost::system::error_code) { ready = true; });
        monitor_.loop().run_until([&] { return ready || interrupted || monitor_.has_ended(); });
        bool const go_on = ready && !interrupted;
        input_.cancel();
        monitor_.loop().run_until([&ready] { return ready; });
        return go_on;
    }

    void fill()
    {
        std::array<char, 65536> piece;  // NOLINT: read() fills it
        ::ssize_t const size = ::read(STDIN_FILENO, piece.data(), piece.size());
        if (size > 0)
            buffer_.append(piece.data(), static_cast<std::size_t>(size));
        else if (size == 0 || errno != EINTR)
            ended_ = true;
    }

    monitor& monitor_;
    asio::posix::stream_descriptor input_;
    std::string buffer_;
    bool ended_ = false;
};

/// Whether it matters that this line is not executed.
bool is_missed(std::string_view line)
{
    return !line.empty() && !line.starts_with('#') && line != ":quit" && line != "exit";
}

/// Executes lines and remembers what went wrong first.
class script_run
{
public:
    /// @param unit what is counted, so that complaints can say which; empty: there is only one
    script_run(shell_context& context, interpreter& lines, std::string_view unit)
        : context_(context), interpreter_(lines), unit_(unit)
    {}

    /// @return whether to go on
    bool execute(std::string const& line)
    {
        exit_code const code = perform(line);
        bool const fatal = code == exit_code::connection || code == exit_code::interrupted || context_.monitor.has_ended();
        return !fatal && !context_.leaving && (code == exit_code::success || context_.options.keep_going);
    }

    /// What was not executed as the script has ended; it is reported if QEMU's end is the reason.
    /// @return whether anything was reported
    bool leave_out(std::string_view line)
    {
        std::string_view const text = trimmed(line);
        // QEMU's last event (SHUTDOWN) can be waited for after QEMU has gone.
        if (context_.monitor.has_ended() && text.substr(0, text.find_first_of(" \t")) == ":wait-event")
            return perform(line) != exit_code::success;
        ++number_;
        if (!context_.monitor.has_ended() || !is_missed(text))
            return false;
        place(number_);
        context_.screen.complain("not executed: " + excerpt_at(text, 0).text + ": QEMU has gone");
        context_.screen.place({});
        note(exit_code::connection);
        return true;
    }

    exit_code finish(bool interrupted)
    {
        if (interrupted)
            return exit_code::interrupted;
        if ((worst_ == exit_code::success || context_.options.keep_going) && interpreter_.expects_more() &&
            !context_.monitor.has_ended()) {
            place(number_ - interpreter_.lines() + 1);
            context_.screen.complain(
                "the brace or the transaction that begins here is not closed, and nothing of it was executed");
            context_.screen.place({});
            note(exit_code::usage);
        }
        return worst_;
    }

private:
    exit_code perform(std::string_view line)
    {
        ++number_;
        exit_code const code = unit_.empty() ? interpreter_.execute(line) : interpreter_.execute(line, unit_, number_);
        if (context_.monitor.asked_to_quit())
            context_.monitor.await_end();
        bool const as_asked = context_.monitor.asked_to_quit() && context_.monitor.has_ended() && code == exit_code::connection;
        note(as_asked ? exit_code::success : code);
        return code;
    }

    void place(std::size_t number)
    {
        if (!unit_.empty())
            context_.screen.place(std::string(unit_) + ' ' + std::to_string(number));
    }

    void note(exit_code code)
    {
        // Ctrl-C ends the run, whatever failed before, and a shell loop around it.
        if (worst_ == exit_code::success || code == exit_code::interrupted)
            worst_ = code;
    }

    shell_context& context_;
    interpreter& interpreter_;
    std::string_view const unit_;
    std::size_t number_ = 0;
    exit_code worst_ = exit_code::success;
};

}  // namespace

exit_code run_script(shell_context& context, interpreter& lines)
{
    monitor& monitor = context.monitor;
    options const& options = context.options;
    lasting_interrupt const interrupt(monitor.loop());
    bool const one_command = options.commands.size() == 1;
    script_run run(context, lines, one_command ? "" : options.commands.empty() ? "line" : "command");
    if (!options.commands.empty()) {
        auto const last =
            std::ranges::find_if_not(options.commands, [&run](std::string const& line) { return run.execute(line); });
        if (last != options.commands.end())
            (void)std::any_of(last + 1, options.commands.end(), [&run](std::string const& left) { return run.leave_out(left); });
        return run.finish(interrupt.came());
    }
    input_lines input(monitor);
    bool first = true;
    for (auto line = input.next(); line; line = input.next()) {
        constexpr std::string_view mark = "\xEF\xBB\xBF";  // some editors begin UTF-8 with it
        if (std::exchange(first, false) && line->starts_with(mark))
            line->erase(0, mark.size());
        if (!run.execute(*line))
            break;
    }
    if (!interrupt.came() && monitor.has_ended()) {
        std::string const rest = input.rest();
        auto const left = parts_of(rest, '\n');
        (void)std::any_of(left.begin(), left.end(), [&run](std::string_view line) { return run.leave_out(line); });
    }
    return run.finish(interrupt.came());
}

}  // namespace qmp_shell
