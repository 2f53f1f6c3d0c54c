// The operations that wait for the end of a machine's process.
// Invariant: a wait that is in the list has a handler.
#ifndef COQMP_SRC_MACHINE_EXIT_WAITS_HPP
#define COQMP_SRC_MACHINE_EXIT_WAITS_HPP

#include "detail/waiting_operation.hpp"

#include <coqmp/exit_status.hpp>

#include <boost/system/error_code.hpp>

#include <list>
#include <memory>
#include <utility>

namespace coqmp::detail {

/// An operation that waits for the end of the process.
struct exit_wait final : waiting_operation<void(boost::system::error_code, exit_status)>
{
    using waiting_operation::waiting_operation;

    bool shuts_down = false;
    bool cancelled = false;
};

/// Used on the machine's executor only.
class exit_waits
{
public:
    void add(std::shared_ptr<exit_wait> wait) { waits_.push_back(std::move(wait)); }

    /// @return whether it was in the list
    [[nodiscard]] bool remove(std::shared_ptr<exit_wait> const& wait) { return std::erase(waits_, wait) != 0; }

    /// Whether one of them wants the process to end.
    [[nodiscard]] bool want_the_end() const noexcept;

    void complete_all(boost::system::error_code error, exit_status status) noexcept;

    void destroy_handlers() noexcept;

private:
    std::list<std::shared_ptr<exit_wait>> waits_;
};

}  // namespace coqmp::detail

#endif
