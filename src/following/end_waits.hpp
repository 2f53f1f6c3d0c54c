// The operations that wait for the end of something that runs inside QEMU.
// Invariant: an operation in the list has not completed, and one that has left it completes, unless it was released.
#ifndef COQMP_SRC_FOLLOWING_END_WAITS_HPP
#define COQMP_SRC_FOLLOWING_END_WAITS_HPP

#include "following/waits.hpp"

#include <coqmp/error.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// Used on the executor only.
template <class End>
class end_waits
{
public:
    using pointer = std::shared_ptr<waiting_for_end<End>>;

    void add(pointer const& wait) { waits_.push_back(wait); }
    [[nodiscard]] bool empty() const noexcept { return waits_.empty(); }
    [[nodiscard]] bool contains(pointer const& wait) const
    {
        return std::find(waits_.begin(), waits_.end(), wait) != waits_.end();
    }

    /// One of them was cancelled.
    void abort(pointer const& wait)
    {
        std::erase(waits_, wait);
        wait->waiting.post(aborted(), End());
    }

    /// All of them were cancelled.
    void abort_all()
    {
        for (pointer const& wait : release())
            wait->waiting.post(aborted(), End());
    }

    /// Completes those that have nothing left to wait for.
    /// @param refusal why QEMU does not do what some of them want
    void finish(std::optional<End> const& end, std::optional<End> const& refusal, bool is_disconnected)
    {
        for (pointer const& wait : release()) {
            bool const is_aborted = wait->cancelled && wait->what != purpose::run_to_end;
            boost::system::error_code const result = is_aborted ? aborted() : boost::system::error_code();
            if (end)
                wait->waiting.post(result, *end);
            else if (is_disconnected)
                wait->waiting.post(make_error_code(errc::disconnected), End());
            else if (refusal && wait->what != purpose::wait)
                wait->waiting.post(result, *refusal);
            else
                waits_.push_back(wait);
        }
    }

    /// For the end of the execution context: they do not complete.
    [[nodiscard]] std::vector<pointer> release() noexcept { return std::exchange(waits_, {}); }

private:
    std::vector<pointer> waits_;
};

}  // namespace coqmp::detail

#endif
