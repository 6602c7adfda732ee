//! Benchmarks, and what they run against.
