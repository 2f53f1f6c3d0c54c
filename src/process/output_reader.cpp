#include "process/output_reader.hpp"

#include <boost/system/error_code.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

constexpr std::size_t longest_line = std::size_t{16} << 10;

}  // namespace

output_reader::output_reader(asio::any_io_executor const& executor, unique_fd pipe, std::size_t tail,
                             output_target::line_callback line)
    : pipe_(executor), tail_(tail), line_(std::move(line))
{
    pipe_.assign(pipe.number());
    static_cast<void>(pipe.release());
}

void output_reader::start()
{
    pipe_.async_wait(asio::posix::descriptor_base::wait_read, [self = shared_from_this()](boost::system::error_code error) {
        if (error || !self->pipe_.is_open())
            return;
        // One piece at a time, so that a program that writes much does not keep the executor busy.
        if (self->read() == input::at_end)
            self->close();
        else
            self->start();
    });
}

void output_reader::finish()
{
    // Not to the end of file: a process that the child started may hold the other end, and write, forever. 64 KiB fit in a pipe.
    for (int pieces = 0; pieces < 64 && pipe_.is_open() && read() == input::more; ++pieces)
        continue;
    close();
    if (!unfinished_.empty())
        deliver(std::exchange(unfinished_, {}));
}

void output_reader::close() noexcept
{
    boost::system::error_code ignored;
    pipe_.close(ignored);
}

output_reader::input output_reader::read()
{
    std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    for (;;) {
        ::ssize_t const size = ::read(pipe_.native_handle(), buffer.data(), buffer.size());
        if (size > 0) {
            take(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
            return input::more;
        }
        if (size == 0 || (errno != EINTR && errno != EAGAIN))
            return input::at_end;
        if (errno == EAGAIN)
            return input::none_yet;
    }
}

void output_reader::take(std::string_view piece)
{
    tail_.append(piece);
    if (!line_)
        return;
    unfinished_.append(piece);
    for (;;) {
        std::size_t const end = unfinished_.find('\n');
        if (end == std::string::npos && unfinished_.size() < longest_line)
            return;
        std::size_t const size = std::min(end, longest_line);
        std::string const line = unfinished_.substr(0, size);
        unfinished_.erase(0, size == end ? size + 1 : size);
        deliver(line);
    }
}

void output_reader::deliver(std::string_view line)
try {
    if (line_)
        line_(line);
} catch (...) {
    line_ = nullptr;
}

}  // namespace coqmp::detail
