// What stands behind a handle whose destruction ends its operations.
#ifndef COQMP_DETAIL_CLOSING_IMPL_HPP
#define COQMP_DETAIL_CLOSING_IMPL_HPP

#include <coqmp/detail/initiation.hpp>

#include <utility>

namespace coqmp::detail {

/// An owned_impl that calls `close_impl(impl)` when its handle is destroyed, or replaced by an assignment.
template <class Impl>
class closing_impl : public owned_impl<Impl>
{
public:
    using owned_impl<Impl>::owned_impl;
    closing_impl(closing_impl const&) = delete;
    closing_impl(closing_impl&&) noexcept = default;
    closing_impl& operator=(closing_impl const&) = delete;
    closing_impl& operator=(closing_impl&& other) noexcept
    {
        if (this != &other) {
            close();
            owned_impl<Impl>::operator=(std::move(other));
        }
        return *this;
    }
    ~closing_impl() { close(); }

private:
    void close() noexcept
    {
        if (*this)
            close_impl(*this->pointer());
    }
};

}  // namespace coqmp::detail

#endif
