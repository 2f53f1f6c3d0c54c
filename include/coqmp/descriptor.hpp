// A file descriptor that is closed when its last owner goes.
#ifndef COQMP_DESCRIPTOR_HPP
#define COQMP_DESCRIPTOR_HPP

#include <memory>

namespace coqmp {

/// Owns a file descriptor, shared between its copies: it is closed when the last of them goes.
///
/// It is what a `command` carries to QEMU (`getfd`, `add-fd`): sharing lets a command be copied and sent again.
/// @par Threads Distinct objects may be used from distinct threads, also when they share a descriptor.
class descriptor
{
public:
    /// Takes the descriptor over. @param number an open descriptor; -1 makes an empty object
    /// @throws std::bad_alloc after closing the descriptor
    explicit descriptor(int number);

    /// A duplicate (close-on-exec) of a descriptor that stays the caller's.
    /// @throws boost::system::system_error what the kernel said (EBADF, EMFILE)
    [[nodiscard]] static descriptor duplicate(int number);

    /// The number, for system calls; it is valid as long as a copy of this object lives.
    [[nodiscard]] int number() const noexcept;

private:
    struct owner;
    std::shared_ptr<owner const> owner_;
};

}  // namespace coqmp

#endif
