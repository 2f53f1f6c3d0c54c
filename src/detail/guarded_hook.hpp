// Calls a user's hook in the middle of other work.
#ifndef COQMP_SRC_DETAIL_GUARDED_HOOK_HPP
#define COQMP_SRC_DETAIL_GUARDED_HOOK_HPP

#include "detail/revocable_executor.hpp"

#include <exception>
#include <functional>

namespace coqmp::detail {

/// Calls a function. An exception that it throws does not disturb the caller, whose work is half done: it is thrown again from a
/// handler of its own, and so leaves the function that runs the execution context.
/// @return whether it returned
template <class Function>
bool guarded(revocable_executor& home, Function const& function)
try {
    function();
    return true;
} catch (...) {
    home.post([thrown = std::current_exception()] { std::rethrow_exception(thrown); });
    return false;
}

/// The same for a hook, which may be empty.
template <class Argument>
bool call_hook(revocable_executor& home, std::function<void(Argument)> const& hook, Argument argument)
{
    return !hook || guarded(home, [&] { hook(argument); });
}

}  // namespace coqmp::detail

#endif
