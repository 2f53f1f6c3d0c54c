#include "process/process.hpp"

#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

std::shared_ptr<output_reader> reader_of(asio::any_io_executor const& executor, unique_fd&& pipe, output_target const& target,
                                         std::size_t tail)
{
    return pipe.number() < 0 ? nullptr : std::make_shared<output_reader>(executor, std::move(pipe), tail, target.callback());
}

}  // namespace

process::process(asio::any_io_executor const& executor, started_process&& started, launch_options const& options)
    : pid_(started.child_->number()),
      watcher_(executor),
      output_(reader_of(executor, std::move(started.output_), options.standard_output, 0)),
      errors_(reader_of(executor, std::move(started.errors_), options.standard_error, options.error_tail)),
      error_file_(std::move(started.error_file_)),
      error_tail_(options.error_tail)
{
    watcher_.assign(started.child_->pidfd());
    child_ = std::exchange(started.child_, nullptr);
}

process::process(asio::any_io_executor const& executor, std::shared_ptr<child const> adopted)
    : pid_(adopted->number()), child_(std::move(adopted)), watcher_(executor, child_->pidfd()), lives_on_(true)
{}

process::~process()
{
    end();
}

void process::end() noexcept
{
    if (auto const running = release()) {
        if (lives_on_)
            static_cast<void>(reap_in_background(running));
        else
            kill_in_background(running);
    }
    for (auto const& reader : {output_, errors_}) {
        if (reader)
            reader->close();
    }
}

std::shared_ptr<child const> process::release() noexcept
{
    std::scoped_lock const lock(mutex_);
    if (watcher_.is_open())
        static_cast<void>(watcher_.release());
    return std::exchange(child_, nullptr);
}

void process::watch(callback on_exit)
{
    for (auto const& reader : {output_, errors_}) {
        if (reader)
            reader->start();
    }
    await_exit(std::move(on_exit));
}

void process::signal(int number) noexcept
{
    std::scoped_lock const lock(mutex_);
    if (child_ && !lives_on_)
        signal_in_background(child_, number);
}

void process::let_live(bool lives_on) noexcept
{
    lives_on_ = lives_on;
}

void process::share_errors_of(process& former) noexcept
{
    error_file_ = std::move(former.error_file_);
    error_tail_ = former.error_tail_;
}

std::string process::standard_error() const
{
    return errors_ ? errors_->tail() : error_file_.end(error_tail_);
}

void process::await_exit(callback on_exit)
{
    watcher_.async_wait(asio::posix::descriptor_base::wait_read,
                        [self = shared_from_this(), on_exit = std::move(on_exit)](boost::system::error_code error) mutable {
                            if (error || !self->child_)
                                return;
                            if (auto const status = self->reap())
                                on_exit(*status);
                            else
                                self->await_exit(std::move(on_exit));
                        });
}

std::optional<exit_status> process::reap()
{
    std::optional<exit_status> const status = child_->reap();
    if (status) {
        for (auto const& reader : {output_, errors_}) {
            if (reader)
                reader->finish();
        }
        static_cast<void>(release());
    }
    return status;
}

}  // namespace coqmp::detail
