#include "context_member.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/intrusive/list.hpp>

#include <mutex>

namespace asio = boost::asio;

namespace coqmp::detail {

/// The members of one execution context.
class context_members final : public asio::execution_context::service
{
public:
    using key_type = context_members;

    static inline asio::execution_context::id id;

    explicit context_members(asio::execution_context& owner) : asio::execution_context::service(owner) {}

    void add(context_member& member)
    {
        std::scoped_lock const lock(mutex_);
        members_.push_back(member);
    }

    void remove(context_member& member) noexcept
    {
        std::scoped_lock const lock(mutex_);
        if (member.is_linked())
            members_.erase(members_.iterator_to(member));
    }

private:
    void shutdown() override
    {
        // Destroying a handler may destroy members, also the one it belongs to: each is taken off the list first, and none
        // is touched after its turn.
        for (;;) {
            context_member* next = nullptr;
            {
                std::scoped_lock const lock(mutex_);
                if (members_.empty())
                    return;
                next = &members_.front();
                members_.pop_front();
            }
            next->abandon_handlers();
        }
    }

    std::mutex mutex_;
    boost::intrusive::list<context_member> members_;
};

context_member::context_member(asio::any_io_executor const& executor)
    : members_(&asio::use_service<context_members>(asio::query(executor, asio::execution::context)))
{
    members_->add(*this);
}

context_member::~context_member()
{
    members_->remove(*this);
}

}  // namespace coqmp::detail
