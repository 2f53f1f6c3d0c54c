// A start that takes over a process which runs already: an adoption.
// Invariant: it completes when the machine is ready; if it fails, the process lives on.
#ifndef COQMP_SRC_MACHINE_ADOPTION_HPP
#define COQMP_SRC_MACHINE_ADOPTION_HPP

#include "machine/machine_start.hpp"

#include <coqmp/machine_record.hpp>

#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

namespace coqmp::detail {

/// Waits until the QEMU of a record dials the listener.
class adoption final : public machine_start
{
public:
    adoption(std::shared_ptr<machine_impl> machine, start_completion completion, remote_listener listener, machine_record record);

    void begin() override;
    void give_up(boost::system::error_code why) override;
    void process_ended() override;

private:
    void connected(boost::system::error_code error) override;
    void expire() override;
    [[nodiscard]] bool has_begun() const noexcept override { return has_begun_; }

    [[nodiscard]] bool take_process();
    [[nodiscard]] std::string reason_for(boost::system::error_code why) const;

    machine_record const record_;
    bool has_begun_ = false;
};

}  // namespace coqmp::detail

#endif
