#include "net/connection_acceptor.hpp"

#include "net/accept_failure.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

/// A flood of connections must not keep the executor from its other handlers.
constexpr int most_accepts_in_a_turn = 16;

/// Until the kernel is asked again after it could not accept, because there were no descriptors left, for example.
constexpr std::chrono::milliseconds pause_after_failure{100};

}  // namespace

connection_acceptor::connection_acceptor(asio::any_io_executor const& executor, endpoint const& address,
                                         socket_access const& access, std::weak_ptr<connection_taker> taker)
    : socket_(address, access), taker_(std::move(taker)), acceptor_(std::in_place, executor), pause_(std::in_place, executor)
{
    unique_fd socket(socket_.release());
    try {
        acceptor_->assign(socket.number());
    } catch (...) {
        socket_.remove_file();
        throw;
    }
    static_cast<void>(socket.release());
}

connection_acceptor::~connection_acceptor()
{
    socket_.remove_file();
}

void connection_acceptor::start()
{
    auto const taker = taker_.lock();
    if (!acceptor_ || is_waiting_ || !taker || !taker->wants_connection())
        return;
    auto ready = [self = shared_from_this()](error_code error) {
        self->is_waiting_ = false;
        if (!error)
            self->accept_connections();
    };
    acceptor_->async_wait(asio::posix::descriptor_base::wait_read,
                          asio::bind_allocator(allocator_of(wait_memory_), std::move(ready)));
    is_waiting_ = true;
}

void connection_acceptor::close() noexcept
{
    socket_.remove_file();
    acceptor_.reset();
    pause_.reset();
}

void connection_acceptor::accept_connections()
{
    auto const taker = taker_.lock();
    if (!taker)
        return;
    for (int left = most_accepts_in_a_turn; left > 0 && acceptor_ && taker->wants_connection(); --left) {
        // Asio's own accept makes sockets that a child process would inherit.
        unique_fd connection(::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        int const error = errno;
        if (connection.number() >= 0) {
            is_failing_ = false;
            taker->take_connection(*this, std::move(connection));
        } else if (error == EAGAIN) {
            break;
        } else if (!concerns_one_connection(error)) {
            if (!std::exchange(is_failing_, true))
                taker->accept_failed(*this, error_code(error, boost::system::system_category()));
            return pause();
        }
    }
    start();
}

void connection_acceptor::pause()
{
    pause_->expires_after(pause_after_failure);
    is_waiting_ = true;
    pause_->async_wait(asio::bind_allocator(allocator_of(pause_memory_), [self = shared_from_this()](error_code) {
        self->is_waiting_ = false;
        self->start();
    }));
}

}  // namespace coqmp::detail
