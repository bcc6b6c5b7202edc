// Sessions of one model take turns, a round or a part of a prompt each: two that computed at once would only wait for each
// other at every barrier. First come, first served, so that several answers go on side by side.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace kangaroo {

class turns {
public:
    // Waits for the turn; false when `cancelled` became true first.
    bool enter(const std::atomic<bool> & cancelled) {
        constexpr std::chrono::milliseconds LOOK_UP(20);
        std::unique_lock<std::mutex>        lock(mutex_);
        const int                           ticket = next_++;
        queue_.push_back(ticket);
        while (queue_.front() != ticket) {
            if (cancelled) {
                queue_.erase(std::find(queue_.begin(), queue_.end(), ticket));
                return false;
            }
            changed_.wait_for(lock, LOOK_UP);
        }
        return true;
    }

    void leave() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            queue_.pop_front();
        }
        changed_.notify_all();
    }

private:
    std::mutex              mutex_;
    std::condition_variable changed_;
    std::deque<int>         queue_; // the first one has its turn
    int                     next_ = 0;
};

} // namespace kangaroo
