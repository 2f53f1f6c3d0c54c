// The handler of a start, in either of its forms.
#ifndef COQMP_SRC_MACHINE_START_COMPLETION_HPP
#define COQMP_SRC_MACHINE_START_COMPLETION_HPP

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/start_diagnostics.hpp>
#include <coqmp/start_failed.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <new>
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

    /// Runs the handler later, for a machine that cannot even begin to start.
    void post(boost::system::error_code error, start_diagnostics diagnostics)
    {
        if (auto* const handler = std::get_if<throwing_handler>(&handler_)) {
            handler->post(error ? std::make_exception_ptr(start_failed(error, std::move(diagnostics))) : nullptr);
        } else {
            *diagnostics_ = std::move(diagnostics);
            std::get<code_handler>(handler_).post(error);
        }
    }

    /// Runs the handler. For a function of its own on the machine's executor.
    void complete(boost::system::error_code error, start_diagnostics diagnostics)
    {
        if (auto* const handler = std::get_if<throwing_handler>(&handler_)) {
            handler->complete(error ? exception_for(error, std::move(diagnostics)) : nullptr);
        } else {
            *diagnostics_ = std::move(diagnostics);
            std::get<code_handler>(handler_).complete(error);
        }
    }

    /// Prepares a failure for complete_prepared().
    void prepare(boost::system::error_code error, start_diagnostics diagnostics)
    {
        prepared_error_ = error;
        if (std::holds_alternative<throwing_handler>(handler_))
            prepared_exception_ = std::make_exception_ptr(start_failed(error, std::move(diagnostics)));
        else
            prepared_diagnostics_ = std::move(diagnostics);
    }

    /// complete() with that failure; needs no memory.
    void complete_prepared()
    {
        if (auto* const handler = std::get_if<throwing_handler>(&handler_)) {
            handler->complete(std::move(prepared_exception_));
        } else {
            *diagnostics_ = std::move(prepared_diagnostics_);
            std::get<code_handler>(handler_).complete(prepared_error_);
        }
    }

private:
    /// @return without memory: the prepared failure
    [[nodiscard]] std::exception_ptr exception_for(boost::system::error_code error, start_diagnostics diagnostics)
    {
        try {
            return std::make_exception_ptr(start_failed(error, std::move(diagnostics)));
        } catch (std::bad_alloc const&) {
            return std::move(prepared_exception_);
        }
    }

    std::variant<throwing_handler, code_handler> handler_;
    start_diagnostics* diagnostics_ = nullptr;
    boost::system::error_code prepared_error_;
    std::exception_ptr prepared_exception_;
    start_diagnostics prepared_diagnostics_;
};

}  // namespace coqmp::detail

#endif
