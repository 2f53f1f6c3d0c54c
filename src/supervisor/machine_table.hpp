// The machines of a supervisor by name, and the order in which they start.
// Invariant: a name belongs to one machine from reserve() until leave_out().
#ifndef COQMP_SRC_SUPERVISOR_MACHINE_TABLE_HPP
#define COQMP_SRC_SUPERVISOR_MACHINE_TABLE_HPP

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

class machine_driver;

/// Safe to use from any thread.
class machine_table
{
public:
    using driver_pointer = std::shared_ptr<machine_driver>;
    struct entry
    {
        driver_pointer driver;  ///< None while it is being added.
        std::vector<std::string> after;
    };
    using entries_type = std::map<std::string, entry, std::less<>>;

    /// The name is taken when this returns, and put() or leave_out() follows.
    /// @throws boost::system::system_error errc::invalid_name, errc::name_in_use, or `invalid_argument`: the order would be circular
    void reserve(std::string const& name, std::vector<std::string> after);
    void put(std::string const& name, driver_pointer const& driver);
    void leave_out(std::string const& name) noexcept;
    /// Changes its place in the order.
    void reorder(std::string const& name, std::vector<std::string> after);
    /// Empties the table. @return also those that were being added
    [[nodiscard]] entries_type take_all() noexcept;

    /// @return null: there is no machine with this name
    [[nodiscard]] driver_pointer find(std::string_view name) const;
    /// Also while it is being added.
    [[nodiscard]] bool contains(std::string_view name) const;
    /// Those that it starts after.
    [[nodiscard]] std::vector<std::string> order_of(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;
    /// Without those that are being added.
    [[nodiscard]] entries_type entries() const;

private:
    void check_order(std::string const& name, std::vector<std::string> const& after) const;

    mutable std::mutex mutex_;
    entries_type machines_;
};

}  // namespace coqmp::detail

#endif
