// A start that takes over a process which runs already: an adoption.
// If a connection with it was kept open, the adoption goes on with that one; otherwise it waits until QEMU dials again.
// Invariant: it completes when the machine is ready; if it fails, the process lives on.
#ifndef COQMP_SRC_MACHINE_ADOPTION_HPP
#define COQMP_SRC_MACHINE_ADOPTION_HPP

#include "machine/machine_start.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/machine.hpp>
#include <coqmp/machine_record.hpp>

#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

/// A negotiated connection with a QEMU that was left open.
struct kept_connection
{
    descriptor socket;
    bool has_out_of_band = false;
};

/// Takes over the QEMU of a record.
class adoption final : public machine_start
{
public:
    adoption(std::shared_ptr<machine_impl> machine, start_completion completion, remote_listener listener, machine_record record,
             std::optional<kept_connection> kept = std::nullopt);

    void begin() override;
    void give_up(boost::system::error_code why) override;
    [[nodiscard]] bool awaits_last_events() const noexcept override { return kept_.has_value(); }
    void process_ended() override;

private:
    void connected(boost::system::error_code error) override;
    void expire() override;
    [[nodiscard]] bool has_begun() const noexcept override { return has_begun_; }

    [[nodiscard]] bool take_process();
    void resume();
    [[nodiscard]] std::string reason_for(boost::system::error_code why) const;

    machine_record const record_;
    std::optional<kept_connection> const kept_;
    bool has_begun_ = false;
};

/// Starts an adoption that goes on with a connection. It does not wait for another one if that fails.
void start_machine_resumption(machine_impl_pointer const& impl, pending_handler<void(std::exception_ptr)>&& handler,
                              machine_route const& through, machine_record const& record, kept_connection const& kept);

}  // namespace coqmp::detail

#endif
