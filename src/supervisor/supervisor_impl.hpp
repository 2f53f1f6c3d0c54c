// The state behind a supervisor: its machines, and what they share.
// Invariant: a driver is in the table as long as it may have a process, and the table calls it on the executor only.
#ifndef COQMP_SRC_SUPERVISOR_SUPERVISOR_IMPL_HPP
#define COQMP_SRC_SUPERVISOR_SUPERVISOR_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/revocable_executor.hpp"
#include "supervision/start_queue.hpp"
#include "supervisor/directory_wish_store.hpp"
#include "supervisor/machine_driver.hpp"
#include "supervisor/machine_table.hpp"
#include "supervisor/shutdown_of_all.hpp"
#include "supervisor/supervisor_output.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coqmp::detail {

class supervisor_impl final : public handler_registration,
                              public driver_owner,
                              public std::enable_shared_from_this<supervisor_impl>
{
public:
    using driver_pointer = std::shared_ptr<machine_driver>;
    using release_all_handler = pending_handler<void(boost::system::error_code, std::size_t)>;
    using removal_pointer = std::shared_ptr<pending_handler<void(boost::system::error_code)>>;

    supervisor_impl(boost::asio::any_io_executor executor, supervisor_options options);
    ~supervisor_impl();

    // From any thread.
    /// @throws boost::system::system_error as supervisor::add()
    void add(std::string const& name, machine_spec spec, supervision_policy const& policy, std::vector<std::string> after);
    /// @throws boost::system::system_error as supervisor::observe()
    void observe(std::string const& name, endpoint const& monitor, supervision_policy policy, session_options const& session);
    /// @throws boost::system::system_error as supervisor::update()
    void update(std::string const& name, machine_spec spec, supervision_policy const& policy, std::vector<std::string> after);
    /// @throws boost::system::system_error as supervisor::stored_names()
    [[nodiscard]] std::vector<std::string> stored_names() const;
    [[nodiscard]] machine_table const& table() const noexcept { return *table_; }
    [[nodiscard]] supervisor_output& output() noexcept { return output_; }
    [[nodiscard]] supervisor_options const& options() const noexcept { return options_; }
    void close() noexcept;

    // On the executor.
    /// Forgets a machine, and its wish. @return false: it has a process (again), and is not removed
    [[nodiscard]] bool remove(std::string const& name, removal_pointer const& waiting);
    [[nodiscard]] shutdown_of_all& shutdown() noexcept { return *shutdown_; }
    void release_all(release_all_handler&& handler);

    void expect_launch(std::string const& machine) override { starts_.expect(machine); }
    void request_launch(std::string const& machine) override;
    bool withdraw_launch(std::string const& machine) override;
    void launched(std::string const& machine) override;
    void ended(std::string const& machine) override { shutdown_->ended(machine); }
    void released(std::string const& machine) override;
    void publish(change const& what) override { output_.publish(what); }
    void publish(machine_event const& what) override { output_.publish(what); }
    void write(log_level level, std::string const& machine, std::string const& sentence) override
    {
        output_.write(options_, level, machine, sentence);
    }

    void destroy_handlers() noexcept override;

private:
    void check_executor() const;
    void recall(driver_pointer const& driver, std::string const& name, std::optional<machine_record> const& process);
    void post_grants();
    void grant();
    void take_out(std::string const& name);
    [[nodiscard]] driver_pointer make_driver(std::string const& name, machine_spec spec, supervision_policy const& policy);
    void end(bool runs_handlers) noexcept;

    supervisor_options const options_;
    std::shared_ptr<revocable_executor> const home_;
    std::shared_ptr<directory_wish_store> directory_;  ///< None without supervisor_options::directory.
    std::shared_ptr<wish_store> store_;
    supervisor_output output_;
    std::shared_ptr<machine_table> const table_;
    std::shared_ptr<shutdown_of_all> const shutdown_;
    start_queue starts_;
    std::list<removal_pointer> removals_;  ///< They wait for the disk.
    bool is_closed_ = false;
    post_memory close_memory_;
};

}  // namespace coqmp::detail

#endif
