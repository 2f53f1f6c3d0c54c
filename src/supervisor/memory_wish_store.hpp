// For supervisors whose machines end with them: nothing has to survive.
#ifndef COQMP_SRC_SUPERVISOR_MEMORY_WISH_STORE_HPP
#define COQMP_SRC_SUPERVISOR_MEMORY_WISH_STORE_HPP

#include "supervisor/wish_store.hpp"

#include <map>

namespace coqmp::detail {

/// For one thread.
class memory_wish_store final : public wish_store
{
public:
    [[nodiscard]] std::optional<memory_record> load(std::string const& machine) override
    {
        auto const found = records_.find(machine);
        return found == records_.end() ? std::nullopt : std::optional(found->second);
    }

    void save(std::string const& machine, memory_record const& record, saved done) override
    {
        records_[machine] = record;
        done({});
    }

    void forget(std::string const& machine, saved done) override
    {
        records_.erase(machine);
        done({});
    }

private:
    std::map<std::string, memory_record> records_;
};

}  // namespace coqmp::detail

#endif
