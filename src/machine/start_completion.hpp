// The handler of a start, in either of its forms.
#ifndef COQMP_SRC_MACHINE_START_COMPLETION_HPP
#define COQMP_SRC_MACHINE_START_COMPLETION_HPP

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/start_diagnostics.hpp>
#include <coqmp/start_failed.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <utility>
#include <variant>

namespace coqmp::detail {

/// Delivers the outcome as the caller asked for it: as an exception, or as an error code beside the diagnostics.
class start_completion
{
public:
    using throwing_handler = pending_handler<void(std::exception_ptr)>;
    using code_handler = pending_handler<void(boost::system::error_code)>;

    explicit start_completion(throwing_handler handler) : handler_(std::move(handler)) {}

    /// @param diagnostics the caller's; it lives until the handler is called
    start_completion(code_handler handler, start_diagnostics& diagnostics)
        : handler_(std::move(handler)), diagnostics_(&diagnostics)
    {}

    [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept
    {
        return std::visit([](auto const& handler) { return handler.slot(); }, handler_);
    }

    void post(boost::system::error_code error, start_diagnostics diagnostics)
    {
        if (auto* const handler = std::get_if<throwing_handler>(&handler_)) {
            handler->post(error ? std::make_exception_ptr(start_failed(error, std::move(diagnostics))) : nullptr);
        } else {
            *diagnostics_ = std::move(diagnostics);
            std::get<code_handler>(handler_).post(error);
        }
    }

private:
    std::variant<throwing_handler, code_handler> handler_;
    start_diagnostics* diagnostics_ = nullptr;
};

}  // namespace coqmp::detail

#endif
