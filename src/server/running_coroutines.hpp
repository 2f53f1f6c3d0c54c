// The coroutines that execute the commands of one client.
#ifndef COQMP_SRC_SERVER_RUNNING_COROUTINES_HPP
#define COQMP_SRC_SERVER_RUNNING_COROUTINES_HPP

#include <boost/asio/cancellation_signal.hpp>

#include <list>
#include <memory>

namespace coqmp::detail {

/// Used on the server's executor only.
class running_coroutines
{
public:
    using signal_pointer = std::shared_ptr<boost::asio::cancellation_signal>;

    /// @return the signal that cancels the coroutine; it must live as long as the coroutine
    [[nodiscard]] signal_pointer add()
    {
        signals_.push_back(std::make_shared<boost::asio::cancellation_signal>());
        return signals_.back();
    }

    void remove(signal_pointer const& which) noexcept { signals_.remove(which); }

    void cancel_all()
    {
        std::list<signal_pointer> all;
        all.swap(signals_);
        for (signal_pointer const& each : all)
            each->emit(boost::asio::cancellation_type::terminal);
    }

private:
    std::list<signal_pointer> signals_;
};

}  // namespace coqmp::detail

#endif
