// The bridge from a completion token to the compiled library: one erased handler, one call.
#ifndef COQMP_DETAIL_INITIATION_HPP
#define COQMP_DETAIL_INITIATION_HPP

#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/bad_executor.hpp>

#include <memory>
#include <utility>

namespace coqmp::detail {

/// What stands behind a handle. A moved-from handle keeps it, but only for its executor.
template <class Impl>
class owned_impl
{
public:
    explicit owned_impl(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
    owned_impl(owned_impl const&) = delete;
    // Copies the pointer: the moved-from handle still needs its executor.
    owned_impl(owned_impl&& other) noexcept
        : impl_(other.impl_),  // NOLINT(performance-move-constructor-init)
          owned_(std::exchange(other.owned_, false))
    {}
    owned_impl& operator=(owned_impl const&) = delete;
    owned_impl& operator=(owned_impl&& other) noexcept
    {
        impl_ = other.impl_;
        owned_ = std::exchange(other.owned_, false);
        return *this;
    }
    ~owned_impl() = default;

    /// False for a moved-from handle.
    [[nodiscard]] explicit operator bool() const noexcept { return owned_; }
    [[nodiscard]] Impl* operator->() const noexcept { return impl_.get(); }
    [[nodiscard]] std::shared_ptr<Impl> const& pointer() const noexcept { return impl_; }

private:
    std::shared_ptr<Impl> impl_;
    bool owned_ = true;
};

/// Starts an operation: erases the handler and calls `Start(impl, handler, arguments...)`.
/// A class with a constructor, not a lambda: g++ 12 destroys capturing temporaries of a co_await expression twice.
template <class Signature, auto Start, class Impl>
class initiation
{
public:
    using executor_type = boost::asio::any_io_executor;

    explicit initiation(std::shared_ptr<Impl> impl, bool owned = true) noexcept : impl_(std::move(impl)), owned_(owned) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_of(*impl_); }

    template <class Handler, class... Arguments>
    void operator()(Handler&& handler, Arguments&&... arguments) const
    {
        executor_type const home = executor_of(*impl_);
        if (!home)  // the execution context is gone
            throw boost::asio::execution::bad_executor();
        // For a moved-from handle `Start` gets a null pointer and completes the handler with an error.
        std::shared_ptr<Impl> const none;
        Start(owned_ ? impl_ : none, pending_handler<Signature>(std::forward<Handler>(handler), home),
              std::forward<Arguments>(arguments)...);
    }

private:
    std::shared_ptr<Impl> impl_;
    bool owned_;
};

/// What every async_ function of the library does.
template <class Signature, auto Start, class Impl, class Token, class... Arguments>
auto initiate(std::shared_ptr<Impl> impl, Token&& token, Arguments... arguments)
{
    return boost::asio::async_initiate<Token, Signature>(initiation<Signature, Start, Impl>(std::move(impl)), token,
                                                         std::move(arguments)...);
}

/// The same for a handle. `Start` gets a null pointer from a moved-from handle.
template <class Signature, auto Start, class Impl, class Token, class... Arguments>
auto initiate(owned_impl<Impl> const& impl, Token&& token, Arguments... arguments)
{
    return boost::asio::async_initiate<Token, Signature>(
        initiation<Signature, Start, Impl>(impl.pointer(), static_cast<bool>(impl)), token, std::move(arguments)...);
}

}  // namespace coqmp::detail

#endif
