#include "event_loop.hpp"

#include <signal.h>

namespace qmp_shell {

event_loop::event_loop() : signals_(context_, SIGINT, SIGTERM, SIGHUP)
{
    await_signal();
}

void event_loop::await_signal()
{
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error)
            return;
        if (number != SIGINT)
            terminated_ = number;
        else
            interrupted_ = interrupts_last_;
        interrupt();
        await_signal();
    });
}

void event_loop::interrupt() const
{
    if (auto const reaction = on_interrupt_)  // a copy: what it does may replace it
        reaction();
}

}  // namespace qmp_shell
