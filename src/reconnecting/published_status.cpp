#include "reconnecting/published_status.hpp"

#include <utility>

using boost::system::error_code;

namespace coqmp::detail {

template <class Change>
void published_status::change(Change make) noexcept
{
    std::scoped_lock const lock(mutex_);
    make();
    ++status_.number;
}

connection_status published_status::read() const
{
    std::scoped_lock const lock(mutex_);
    return status_;
}

void published_status::start() noexcept
{
    change([this] { status_.state = connection_state::connecting; });
}

void published_status::connected(std::shared_ptr<greeting const> greeting) noexcept
{
    change([this, &greeting] {
        status_.state = connection_state::connected;
        ++status_.connections;
        status_.failed_attempts = 0;
        status_.reason.clear();
        status_.pause = status_.pause.zero();
        status_.greeting = std::move(greeting);
    });
}

void published_status::pause(error_code why, std::chrono::nanoseconds length) noexcept
{
    change([this, why, length] {
        if (status_.is_connected())
            status_.state = connection_state::lost;
        else
            ++status_.failed_attempts;
        status_.reason = why;
        status_.pause = length;
    });
}

void published_status::close(error_code why) noexcept
{
    change([this, why] {
        status_.state = connection_state::closed;
        status_.reason = why;
        status_.pause = status_.pause.zero();
    });
}

void published_status::abandon() noexcept
{
    change([this] { status_.state = connection_state::closed; });
}

}  // namespace coqmp::detail
