// The bridge from a completion token to the compiled library: one erased handler, one call.
#ifndef COQMP_DETAIL_INITIATION_HPP
#define COQMP_DETAIL_INITIATION_HPP

#include <coqmp/detail/waiting_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/bad_executor.hpp>

#include <memory>
#include <utility>

namespace coqmp::detail {

/// The state behind a handle. A moved-from handle keeps it, but only for its executor.
template <class State>
class owned_state
{
public:
    explicit owned_state(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    owned_state(owned_state const&) = delete;
    // Copies the pointer: the moved-from handle still needs the state's executor.
    owned_state(owned_state&& other) noexcept
        : state_(other.state_),  // NOLINT(performance-move-constructor-init)
          owned_(std::exchange(other.owned_, false))
    {}
    owned_state& operator=(owned_state const&) = delete;
    owned_state& operator=(owned_state&& other) noexcept
    {
        state_ = other.state_;
        owned_ = std::exchange(other.owned_, false);
        return *this;
    }
    ~owned_state() = default;

    /// False for a moved-from handle.
    [[nodiscard]] explicit operator bool() const noexcept { return owned_; }
    [[nodiscard]] State* operator->() const noexcept { return state_.get(); }
    [[nodiscard]] std::shared_ptr<State> const& pointer() const noexcept { return state_; }

private:
    std::shared_ptr<State> state_;
    bool owned_ = true;
};

/// Starts an operation: erases the handler and calls `Start(state, handler, arguments...)`.
/// A class with a constructor, not a lambda: g++ 12 destroys capturing temporaries of a co_await expression twice.
template <class Signature, auto Start, class State>
class initiation
{
public:
    using executor_type = boost::asio::any_io_executor;

    explicit initiation(std::shared_ptr<State> state, bool owned = true) noexcept : state_(std::move(state)), owned_(owned) {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_of(*state_); }

    template <class Handler, class... Arguments>
    void operator()(Handler&& handler, Arguments&&... arguments) const
    {
        executor_type const home = executor_of(*state_);
        if (!home)  // the execution context is gone
            throw boost::asio::execution::bad_executor();
        // For a moved-from handle `Start` gets no state, and completes the handler with an error.
        std::shared_ptr<State> const none;
        Start(owned_ ? state_ : none, waiting_handler<Signature>(std::forward<Handler>(handler), home),
              std::forward<Arguments>(arguments)...);
    }

private:
    std::shared_ptr<State> state_;
    bool owned_;
};

/// What every async_ function of the library does.
template <class Signature, auto Start, class State, class Token, class... Arguments>
auto initiate(std::shared_ptr<State> state, Token&& token, Arguments... arguments)
{
    return boost::asio::async_initiate<Token, Signature>(initiation<Signature, Start, State>(std::move(state)), token,
                                                         std::move(arguments)...);
}

/// The same for a handle. `Start` gets no state from a moved-from handle.
template <class Signature, auto Start, class State, class Token, class... Arguments>
auto initiate(owned_state<State> const& state, Token&& token, Arguments... arguments)
{
    return boost::asio::async_initiate<Token, Signature>(
        initiation<Signature, Start, State>(state.pointer(), static_cast<bool>(state)), token, std::move(arguments)...);
}

}  // namespace coqmp::detail

#endif
