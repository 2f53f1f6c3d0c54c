// Memory for an operation that is started again and again, one at a time.
#ifndef COQMP_SRC_DETAIL_HANDLER_MEMORY_HPP
#define COQMP_SRC_DETAIL_HANDLER_MEMORY_HPP

#include <cstddef>
#include <new>

namespace coqmp::detail {

/// Room for one operation; a second one, or a larger one, goes to the heap. Outlives what is allocated from it.
class handler_memory
{
public:
    handler_memory() = default;
    handler_memory(handler_memory const&) = delete;
    handler_memory& operator=(handler_memory const&) = delete;
    ~handler_memory() = default;

    [[nodiscard]] void* take(std::size_t size)
    {
        if (taken_ || size > sizeof room_)
            return ::operator new(size);
        taken_ = true;
        return room_;
    }

    void give_back(void* memory) noexcept
    {
        if (memory == room_)
            taken_ = false;
        else
            ::operator delete(memory);
    }

private:
    // A wait for a socket with a handler of one pointer takes 208 bytes in Asio 1.81.
    alignas(std::max_align_t) unsigned char room_[224];
    bool taken_ = false;
};

/// What Asio asks a handler for.
template <class Type>
class handler_allocator
{
public:
    using value_type = Type;

    explicit handler_allocator(handler_memory& memory) noexcept : memory_(&memory) {}
    template <class Other>
    handler_allocator(handler_allocator<Other> const& other) noexcept : memory_(other.memory_)
    {}

    [[nodiscard]] Type* allocate(std::size_t count) { return static_cast<Type*>(memory_->take(count * sizeof(Type))); }
    void deallocate(Type* memory, std::size_t) noexcept { memory_->give_back(memory); }

    friend bool operator==(handler_allocator const& left, handler_allocator const& right) noexcept = default;

private:
    template <class>
    friend class handler_allocator;

    handler_memory* memory_;
};

}  // namespace coqmp::detail

#endif
