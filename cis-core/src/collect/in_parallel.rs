//! The same work on each of many, by several threads.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What a piece of work gives of each item, in the items' order. So many threads, this one among them, take one item after
/// another: none waits while there are more.
pub(super) fn of_each<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, given)| given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_worked_on_once_and_given_in_order() {
        let items: Vec<usize> = (0..1000).collect();
        for threads in [0, 1, 2, 7, 2000] {
            let worked = AtomicUsize::new(0);
            let given = of_each(threads, &items, |item| {
                worked.fetch_add(1, Ordering::Relaxed);
                item * 2
            });
            assert!(given.iter().copied().eq((0..2000).step_by(2)), "{threads} threads");
            assert_eq!(worked.into_inner(), 1000, "{threads} threads");
        }
        assert!(of_each(2, &[] as &[u8], |item| *item).is_empty());
    }
}
