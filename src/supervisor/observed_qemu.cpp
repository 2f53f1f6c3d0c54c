#include "supervisor/observed_qemu.hpp"

#include "detail/random_nonce.hpp"
#include "session/session_impl.hpp"

#include <coqmp/session_end.hpp>

#include <boost/asio/bind_executor.hpp>

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

constexpr backoff_times pauses_between_dials{1s, 60s, 0.5, 60s, 0};

/// No process listens there.
bool says_that_it_is_gone(error_code error) noexcept
{
    return error == boost::system::errc::connection_refused || error == boost::system::errc::no_such_file_or_directory;
}

}  // namespace

observed_qemu::observed_qemu(asio::any_io_executor executor, endpoint monitor, session_options options, qemu_owner& owner)
    : executor_(std::move(executor)),
      address_(std::move(monitor)),
      options_(std::move(options)),
      owner_(&owner),
      pauses_(pauses_between_dials)
{}

template <class Member>
auto observed_qemu::of_this_session(Member member)
{
    return [weak = weak_from_this(), number = number_, member](auto&&... arguments) {
        auto const self = weak.lock();
        if (self && self->owner_ != nullptr && self->number_ == number)
            member(*self, std::forward<decltype(arguments)>(arguments)...);
    };
}

void observed_qemu::dial()
{
    if (owner_ == nullptr)
        return;
    disconnect();
    session_.emplace(executor_, options_);
    events_ = session_->subscribe();  // before it is connected, so that it misses no event
    auto done = of_this_session([](observed_qemu& self, error_code error) { self.dialed(error); });
    session_->async_connect(address_, asio::bind_executor(executor_, std::move(done)));
}

void observed_qemu::dialed(error_code error)
{
    if (error) {
        disconnect();
        dial_later();
        if (says_that_it_is_gone(error))
            return end();
        if (std::string text = error.message(); std::exchange(complaint_, text) != text)
            owner_->wrote("cannot connect to its monitor at " + address_.to_string() + ": " + text);
        return;
    }
    complaint_.clear();
    pauses_.connected(std::chrono::steady_clock::now());
    is_ready_ = true;
    auto over = of_this_session([](observed_qemu& self, error_code, session_end const&) { self.session_ended(); });
    session_->async_wait_closed(std::move(over));
    read_events();
    if (!std::exchange(is_found_, true)) {
        seen_ = {};
        seen_.ready();
        owner_->found();
    }
    if (owner_ != nullptr && session_)
        owner_->connected(session_->out_of_band_enabled(), false);
}

void observed_qemu::dial_later()
{
    auto const pause = pauses_.ended(std::chrono::steady_clock::now(), random_nonce());
    next_dial_.emplace(executor_, pause.value_or(60s));
    next_dial_->async_wait(of_this_session([](observed_qemu& self, error_code interrupted) {
        if (!interrupted)
            self.dial();
    }));
}

void observed_qemu::read_events()
{
    auto received = of_this_session([](observed_qemu& self, error_code error, event const& what) {
        if (error)
            return;  // the end of the stream
        self.happened(what);
        if (self.events_)
            self.read_events();
    });
    events_->async_next(asio::bind_executor(executor_, std::move(received)));
}

void observed_qemu::happened(event const& what)
{
    static event_filter const announces_ends = end_record::filter();
    if (announces_ends.accepts(what))
        seen_.take(what);
    owner_->happened(what);
}

void observed_qemu::session_ended()
{
    auto rest = std::exchange(events_, std::nullopt);
    while (auto const each = rest && owner_ != nullptr ? rest->try_next() : std::nullopt)
        happened(*each);
    if (owner_ == nullptr)
        return;
    disconnect();
    dial_later();
    if (seen_.is_announced())
        end();
    else
        owner_->disconnected();
}

void observed_qemu::end()
{
    if (!std::exchange(is_found_, false))
        return;
    process_end what;
    what.end = seen_.end(exit_status());
    owner_->ended(what, {});
}

void observed_qemu::disconnect() noexcept
{
    ++number_;
    is_ready_ = false;
    next_dial_.reset();
    events_.reset();
    session_.reset();
}

void observed_qemu::abandon() noexcept
{
    owner_ = nullptr;
    disconnect();
    executor_ = asio::any_io_executor();
}

std::shared_ptr<session_impl> observed_qemu::monitor() const
{
    return is_ready_ ? impl_of(*session_) : nullptr;
}

}  // namespace coqmp::detail
