// The memory of one message's JSON: filled without a search while the message is read, freed at once with the last value of it.
// Invariant: once it is sealed its blocks do not change. Copies of a json::value ask the memory resource of the original, and
// distinct values may be used by distinct threads: from then on all comes from the heap and goes back to it.
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
    /// @param self is told where this is: boost::json::storage_ptr points to something around it
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

    /// The message has been read.
    void seal() noexcept { sealed_ = true; }

private:
    struct alignas(std::max_align_t) block
    {
        block* next;
        std::size_t size;  ///< of what follows

        [[nodiscard]] unsigned char* begin() noexcept { return reinterpret_cast<unsigned char*>(this + 1); }
    };

    void* do_allocate(std::size_t size, std::size_t) override
    {
        if (sealed_)
            return ::operator new(size);
        constexpr std::size_t grain = alignof(std::max_align_t);  // then all are aligned for anything
        size = (size + grain - 1) / grain * grain;
        if (size > left_)
            add_block(size);
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

    void add_block(std::size_t at_least)
    {
        std::size_t const size = std::max(next_size_, at_least);
        auto* const added = static_cast<block*>(::operator new(sizeof(block) + size));
        blocks_ = ::new (added) block{blocks_, size};
        next_ = blocks_->begin();
        left_ = size;
        next_size_ = 2 * size;
    }

    [[nodiscard]] bool is_in_blocks(void const* memory) const noexcept
    {
        if (is_within(memory, first_block_, sizeof first_block_))
            return true;
        for (block* each = blocks_; each != nullptr; each = each->next)  // few: each is twice as large as the one before
            if (is_within(memory, each->begin(), each->size))
                return true;
        return false;
    }

    static bool is_within(void const* memory, unsigned char const* begin, std::size_t size) noexcept
    {
        std::less<> const before;  // of addresses in different objects, < would say nothing
        return !before(memory, begin) && before(memory, begin + size);
    }

    // Most payloads fit, and so a message costs one allocation.
    alignas(std::max_align_t) unsigned char first_block_[512];
    unsigned char* next_ = first_block_;
    std::size_t left_ = sizeof first_block_;
    std::size_t next_size_ = 2 * sizeof first_block_;
    block* blocks_ = nullptr;
    bool sealed_ = false;
};

}  // namespace coqmp::protocol

#endif
