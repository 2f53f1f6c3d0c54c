// Memory for an operation that is started again and again, one at a time. It is reserved beforehand, so that the operation can
// also be started when there is no memory.
#ifndef COQMP_SRC_DETAIL_HANDLER_MEMORY_HPP
#define COQMP_SRC_DETAIL_HANDLER_MEMORY_HPP

#include <cstddef>
#include <new>

namespace coqmp::detail {

/// Room for one operation; a second one, or a larger one, goes to the heap. Outlives what is allocated from it.
template <std::size_t Size>
class reserved_memory
{
public:
    reserved_memory() = default;
    reserved_memory(reserved_memory const&) = delete;
    reserved_memory& operator=(reserved_memory const&) = delete;
    ~reserved_memory() = default;

    [[nodiscard]] void* acquire(std::size_t size)
    {
        if (acquired_ || size > Size)
            return ::operator new(size);
        acquired_ = true;
        return room_;
    }

    void release(void* memory) noexcept
    {
        if (memory == room_)
            acquired_ = false;
        else
            ::operator delete(memory);
    }

private:
    alignas(std::max_align_t) unsigned char room_[Size];
    bool acquired_ = false;
};

/// For a wait. One for a socket with a handler of one pointer takes 208 bytes in Asio 1.81.
using handler_memory = reserved_memory<224>;

/// For a function that is posted to an `io_context`. One of two pointers takes 72 bytes in Asio 1.81.
using post_memory = reserved_memory<96>;

/// What Asio asks a handler for.
template <class Type, class Memory = handler_memory>
class handler_allocator
{
public:
    using value_type = Type;
    template <class Other>
    struct rebind
    {
        using other = handler_allocator<Other, Memory>;
    };

    explicit handler_allocator(Memory& memory) noexcept : memory_(&memory) {}
    template <class Other>
    handler_allocator(handler_allocator<Other, Memory> const& other) noexcept : memory_(other.memory_)
    {}

    [[nodiscard]] Type* allocate(std::size_t count) { return static_cast<Type*>(memory_->acquire(count * sizeof(Type))); }
    void deallocate(Type* memory, std::size_t) noexcept { memory_->release(memory); }

    friend bool operator==(handler_allocator const& left, handler_allocator const& right) noexcept = default;

private:
    template <class, class>
    friend class handler_allocator;

    Memory* memory_;
};

/// The allocator for a handler whose operation takes its memory from here.
template <class Memory>
[[nodiscard]] handler_allocator<void, Memory> allocator_of(Memory& memory) noexcept
{
    return handler_allocator<void, Memory>(memory);
}

}  // namespace coqmp::detail

#endif
