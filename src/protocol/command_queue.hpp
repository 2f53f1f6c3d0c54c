// The commands that are submitted and not sent yet.
// Invariant: out-of-band commands and in-band commands each leave in the order of their submission.
#ifndef COQMP_SRC_PROTOCOL_COMMAND_QUEUE_HPP
#define COQMP_SRC_PROTOCOL_COMMAND_QUEUE_HPP

#include "protocol/request.hpp"

#include <boost/intrusive/list.hpp>

namespace coqmp::protocol {

class command_queue
{
public:
    using lane = boost::intrusive::list<request, boost::intrusive::constant_time_size<false>>;

    [[nodiscard]] lane& out_of_band() noexcept { return out_of_band_; }
    [[nodiscard]] lane& in_band() noexcept { return in_band_; }
    [[nodiscard]] lane& lane_of(request const& queued) noexcept
    {
        return queued.command().is_out_of_band() ? out_of_band_ : in_band_;
    }

    void remove(request& queued) noexcept
    {
        lane& its = lane_of(queued);
        its.erase(its.iterator_to(queued));
    }

    /// Whether an out-of-band command with descriptors is the next of its lane.
    [[nodiscard]] bool has_barrier_first() const noexcept { return !out_of_band_.empty() && out_of_band_.front().is_barrier(); }

    template <class Dispose>
    void clear(Dispose dispose) noexcept
    {
        out_of_band_.clear_and_dispose(dispose);
        in_band_.clear_and_dispose(dispose);
    }

private:
    lane out_of_band_;
    lane in_band_;
};

}  // namespace coqmp::protocol

#endif
