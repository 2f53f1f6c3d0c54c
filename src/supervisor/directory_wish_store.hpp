// The wishes as files in a directory, which survive the supervisor and the host.
// Invariant: a file holds a complete record, an older one or the newest; a record that was reported as saved is on the disk.
#ifndef COQMP_SRC_SUPERVISOR_DIRECTORY_WISH_STORE_HPP
#define COQMP_SRC_SUPERVISOR_DIRECTORY_WISH_STORE_HPP

#include "detail/unique_fd.hpp"
#include "supervisor/wish_store.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace coqmp::detail {

/// One supervisor at a time owns the directory, from the constructor until the destructor has run and the last save has ended.
/// Files are written on a helper thread, one after the other. Safe to use from any thread.
class directory_wish_store final : public wish_store
{
public:
    /// Creates the directory if it does not exist, and locks it.
    /// @throws boost::system::system_error `resource_unavailable_try_again`: another supervisor owns it; the kernel's error
    explicit directory_wish_store(std::string const& path);

    [[nodiscard]] std::optional<memory_record> load(std::string const& machine) override;
    void save(std::string const& machine, memory_record const& record, saved done) override;
    void forget(std::string const& machine, saved done) override;

    /// The machines that have a record or a process record there, in order.
    /// @throws boost::system::system_error the kernel's error
    [[nodiscard]] std::vector<std::string> names() const;

    /// As long as a copy exists, no other supervisor can own the directory. For code that writes there on a helper thread.
    [[nodiscard]] std::shared_ptr<unique_fd const> const& lock() const noexcept { return directory_; }

    /// The directory of one machine. save() creates it if it does not exist.
    [[nodiscard]] std::string directory_of(std::string const& machine) const { return path_ / machine; }

private:
    [[nodiscard]] std::string file_of(std::string const& machine) const { return path_ / machine / "wish"; }

    std::filesystem::path path_;                  ///< absolute
    std::shared_ptr<unique_fd const> directory_;  ///< Locked. Shared with the saves.
};

}  // namespace coqmp::detail

#endif
