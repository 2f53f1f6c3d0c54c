#include "detail/handler_registry.hpp"

#include <boost/asio/execution/bad_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/intrusive/list.hpp>

#include <mutex>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

/// The members of one execution context.
class handler_registry final : public asio::execution_context::service
{
public:
    using key_type = handler_registry;

    static inline asio::execution_context::id id;

    explicit handler_registry(asio::execution_context& owner) : asio::execution_context::service(owner) {}

    // Members that were created while the other services were destroyed, after the shutdown of this one.
    ~handler_registry() override
    {
        while (handler_registration* const late = take_first())
            static_cast<void>(detach(*late));
    }

    void add(handler_registration& member)
    {
        std::scoped_lock const lock(mutex_);
        members_.push_back(member);
    }

    void remove(handler_registration& member) noexcept
    {
        std::scoped_lock const lock(mutex_);
        if (member.is_linked())
            members_.erase(members_.iterator_to(member));
    }

private:
    void shutdown() override
    {
        // Destroying a handler may destroy members, also the one it belongs to: each is taken off the list first, and is not
        // touched afterwards.
        while (handler_registration* const next = take_first()) {
            asio::any_io_executor const executor = detach(*next);
            next->destroy_handlers();
        }
    }

    [[nodiscard]] handler_registration* take_first() noexcept
    {
        std::scoped_lock const lock(mutex_);
        if (members_.empty())
            return nullptr;
        handler_registration& first = members_.front();
        members_.pop_front();
        return &first;
    }

    /// From now on the member does not know the context.
    [[nodiscard]] static asio::any_io_executor detach(handler_registration& member) noexcept
    {
        member.members_ = nullptr;
        return std::exchange(member.executor_, nullptr);
    }

    std::mutex mutex_;
    boost::intrusive::list<handler_registration> members_;
};

namespace {

asio::execution_context& context_of(asio::any_io_executor const& executor)
{
    if (!executor)  // asio::query() does not look
        throw asio::execution::bad_executor();
    return asio::query(executor, asio::execution::context);
}

}  // namespace

handler_registration::handler_registration(asio::any_io_executor executor)
    : executor_(std::move(executor)), members_(&asio::use_service<handler_registry>(context_of(executor_)))
{
    members_->add(*this);
}

handler_registration::~handler_registration()
{
    if (members_ != nullptr)
        members_->remove(*this);
}

}  // namespace coqmp::detail
