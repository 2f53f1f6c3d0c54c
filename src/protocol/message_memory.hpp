// The memory of one message's JSON: allocated sequentially while the message is read, and freed as a whole with its last value.
// Invariant: once the memory is sealed, its blocks do not change. A copy of a json::value uses the memory resource of the
// original, and different threads may use different values, so after sealing every allocation comes from the heap.
#ifndef COQMP_SRC_PROTOCOL_MESSAGE_MEMORY_HPP
#define COQMP_SRC_PROTOCOL_MESSAGE_MEMORY_HPP

#include <boost/container/pmr/memory_resource.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <new>
#include <utility>

namespace coqmp::protocol {

class message_memory final : public boost::container::pmr::memory_resource
{
public:
    /// @param self receives the address of this object, because boost::json::storage_ptr points to an object that contains it
    explicit message_memory(message_memory** self) noexcept { *self = this; }
    message_memory(message_memory const&) = delete;
    message_memory& operator=(message_memory const&) = delete;

    ~message_memory() override
    {
        while (blocks_ != nullptr) {
            block* const next = blocks_->next;
            ::operator delete(blocks_);
            blocks_ = next;
        }
    }

    /// To be called when the message has been read.
    void seal() noexcept { sealed_ = true; }

    /// The size in bytes, including memory that is not used yet.
    [[nodiscard]] std::size_t size() const noexcept { return sizeof *this + block_bytes_; }

private:
    struct alignas(std::max_align_t) block
    {
        block* next;
        std::size_t size;  ///< of the memory after this header

        [[nodiscard]] unsigned char* begin() noexcept { return reinterpret_cast<unsigned char*>(this + 1); }
    };

    void* do_allocate(std::size_t size, std::size_t) override
    {
        if (sealed_)
            return ::operator new(size);
        constexpr std::size_t grain = alignof(std::max_align_t);  // so every allocation is aligned for any type
        size = (size + grain - 1) / grain * grain;
        if (size > left_) {
            std::size_t const usual = next_block_size();
            if (size >= usual)
                return add_block(size)->begin();  // a block of its own, so that the rest of the current block stays usable
            next_ = add_block(usual)->begin();
            left_ = usual;
        }
        left_ -= size;
        return std::exchange(next_, next_ + size);
    }

    void do_deallocate(void* memory, std::size_t, std::size_t) override
    {
        if (sealed_ && !is_in_blocks(memory))
            ::operator delete(memory);
    }

    [[nodiscard]] bool do_is_equal(boost::container::pmr::memory_resource const& other) const noexcept override
    {
        return this == &other;
    }

    /// As large as all earlier blocks together, or half as large if these are large, because the unused rest is wasted.
    [[nodiscard]] std::size_t next_block_size() const noexcept
    {
        constexpr std::size_t large = std::size_t{1} << 20;
        std::size_t const size = block_bytes_ < large ? sizeof first_block_ + block_bytes_ : block_bytes_ / 2;
        return std::max(2 * sizeof first_block_, (size + sizeof first_block_ - 1) / sizeof first_block_ * sizeof first_block_);
    }

    block* add_block(std::size_t size)
    {
        auto* const added = static_cast<block*>(::operator new(sizeof(block) + size));
        blocks_ = ::new (added) block{blocks_, size};
        block_bytes_ += sizeof(block) + size;
        return blocks_;
    }

    [[nodiscard]] bool is_in_blocks(void const* memory) const noexcept
    {
        if (is_within(memory, first_block_, sizeof first_block_))
            return true;
        for (block* each = blocks_; each != nullptr;
             each = each->next)  // few blocks: each is at least half as large as all before it
            if (is_within(memory, each->begin(), each->size))
                return true;
        return false;
    }

    static bool is_within(void const* memory, unsigned char const* begin, std::size_t size) noexcept
    {
        std::less<> const before;  // the built-in < is unspecified for pointers into different objects
        return !before(memory, begin) && before(memory, begin + size);
    }

    // Most payloads fit in here, so that a message costs one allocation.
    alignas(std::max_align_t) unsigned char first_block_[512];
    unsigned char* next_ = first_block_;
    std::size_t left_ = sizeof first_block_;
    std::size_t block_bytes_ = 0;
    block* blocks_ = nullptr;
    bool sealed_ = false;
};

}  // namespace coqmp::protocol

#endif
