// A file descriptor with shared ownership.
#ifndef COQMP_DESCRIPTOR_HPP
#define COQMP_DESCRIPTOR_HPP

#include <memory>

namespace coqmp {

/// Owns a file descriptor, shared between its copies: it is closed with the last of them.
///
/// A `command` carries it to QEMU (`getfd`, `add-fd`). Because ownership is shared, a command can be copied and sent again.
/// @par Threads Distinct objects may be used from distinct threads, also when they share a descriptor.
/// @see examples/launch_options.cpp
class descriptor
{
public:
    /// Takes the descriptor over. @param number an open descriptor; -1 makes an empty object
    /// @throws std::bad_alloc after closing the descriptor
    explicit descriptor(int number);

    /// Duplicates (with close-on-exec) a descriptor that stays the caller's.
    /// @throws boost::system::system_error with the kernel's error (EBADF, EMFILE)
    [[nodiscard]] static descriptor duplicate(int number);

    /// The number, for system calls: -1 for an empty object. It stays valid while a copy of this object exists.
    [[nodiscard]] int number() const noexcept;

private:
    struct owner;
    std::shared_ptr<owner const> owner_;
};

}  // namespace coqmp

#endif
