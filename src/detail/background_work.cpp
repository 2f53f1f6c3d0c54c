#include "detail/background_work.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

/// How many objects of one execution context have such work.
class background_count final : public asio::execution_context::service
{
public:
    using key_type = background_count;

    static inline asio::execution_context::id id;

    explicit background_count(asio::execution_context& owner) : asio::execution_context::service(owner) {}

    [[nodiscard]] std::shared_ptr<std::atomic<int>> const& count() const noexcept { return count_; }

private:
    void shutdown() override {}

    std::shared_ptr<std::atomic<int>> const count_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace

background_work::background_work(asio::any_io_executor const& executor)
    : count_(asio::use_service<background_count>(asio::query(executor, asio::execution::context)).count())
{}

void background_work::set(bool has_work) noexcept
{
    if (has_work == has_work_)
        return;
    has_work_ = has_work;
    *count_ += has_work ? 1 : -1;
}

bool background_work::is_pending(asio::execution_context& context)
{
    return *asio::use_service<background_count>(context).count() > 0;
}

}  // namespace coqmp::detail
