// Work that goes on after its handle has gone, because something must not be left as it is: a guest that is still frozen, a file
// that is still open in it. run() waits for it.
#ifndef COQMP_SRC_DETAIL_BACKGROUND_WORK_HPP
#define COQMP_SRC_DETAIL_BACKGROUND_WORK_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <memory>

namespace coqmp::detail {

/// Says whether one object has such work. Used on its executor.
class background_work
{
public:
    explicit background_work(boost::asio::any_io_executor const& executor);
    background_work(background_work const&) = delete;
    background_work& operator=(background_work const&) = delete;
    ~background_work() { set(false); }

    void set(bool has_work) noexcept;

    /// Whether an object of this context has such work.
    [[nodiscard]] static bool is_pending(boost::asio::execution_context& context);

private:
    std::shared_ptr<std::atomic<int>> count_;  // of the context, which it may outlive
    bool has_work_ = false;
};

}  // namespace coqmp::detail

#endif
