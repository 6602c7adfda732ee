//! Python's code on Python's threads.
//!
//! When the interpreter ends, CPython before 3.14 ends every other thread where it next waits for the lock, by unwinding it. Rust
//! frames below would be unwound as well, and drop what they hold of Python's without the lock: a crash. So what may take long (a
//! data source, a check, a session) has a thread that Python starts, with no frame of Rust's below. What is short runs in
//! [`attached`], and the interpreter waits for it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

static ENDING: AtomicBool = AtomicBool::new(false);
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// How long the interpreter waits at its end for what is short.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked whether the scan is over, and how long a check that runs then may go on: it must leave time for the
/// report that Ctrl-C waits for.
const LOOK: Duration = Duration::from_millis(20);
const GRACE: Duration = Duration::from_millis(200);

/// What Rust says where the interpreter is ending.
pub(crate) const ENDS: &str = "the interpreter was shutting down";

/// Has the interpreter wait, at its end, for what is inside.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(end, py)?,)).map(drop)
}

#[pyfunction]
fn end(py: Python<'_>) {
    ENDING.store(true, Ordering::SeqCst);
    py.detach(|| {
        let begun = Instant::now();
        while INSIDE.load(Ordering::SeqCst) > 0 && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Something that the interpreter waits for before it ends.
struct Inside;

impl Inside {
    /// None: it is ending already.
    fn enter() -> Option<Self> {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let inside = Self;
        (!ENDING.load(Ordering::SeqCst)).then_some(inside)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Something short with Python's lock. None: the interpreter is ending.
pub(crate) fn attached<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _inside = Inside::enter()?;
    Python::try_attach(work)
}

/// Lets other threads of Python run, now and then in a loop that may be long: it runs no bytecode, between which Python would
/// do so by itself, and Ctrl-C or an event loop must not wait for its end.
///
/// # Errors
/// The interpreter is ending.
pub(crate) fn breathe(py: Python<'_>, index: usize) -> PyResult<()> {
    if index % 1_024 == 1_023 {
        py.detach(|| ());
        if ENDING.load(Ordering::SeqCst) {
            return Err(PyRuntimeError::new_err(ENDS));
        }
    }
    Ok(())
}

/// Something to call, with its arguments.
pub(crate) type Call<'py> = (Bound<'py, PyAny>, Bound<'py, PyTuple>);

type Then = Box<dyn for<'py> FnOnce(PyResult<Bound<'py, PyAny>>) + Send>;

/// What `cis_aws._threads` tells the answer.
#[pyclass(frozen, name = "Reply", module = "cis_aws._native")]
#[derive(Clone)]
struct Reply(Arc<Mutex<Option<Then>>>);

impl Reply {
    fn finish(&self, answer: PyResult<Bound<'_, PyAny>>) {
        let then = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(_inside), Some(then)) = (Inside::enter(), then) {
            then(answer);
        }
    }
}

#[pymethods]
impl Reply {
    fn done(&self, answer: Bound<'_, PyAny>) {
        self.finish(Ok(answer));
    }

    fn failed(&self, error: Bound<'_, PyAny>) {
        self.finish(Err(PyErr::from_value(error)));
    }
}

fn call(
    py: Python<'_>,
    asked: impl for<'py> FnOnce(Python<'py>) -> PyResult<Call<'py>>,
    then: impl for<'py> FnOnce(PyResult<Bound<'py, PyAny>>) + Send + 'static,
) {
    static START: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static RUN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let then: Then = Box::new(then);
    let reply = Reply(Arc::new(Mutex::new(Some(then))));
    let started = asked(py).and_then(|(function, args)| {
        let run = RUN.import(py, "cis_aws._threads", "run")?;
        START.import(py, "_thread", "start_new_thread")?.call1((run, (function, args, reply.clone())))
    });
    if let Err(error) = started {
        reply.finish(Err(error));
    }
}

/// Calls something on a thread of Python's and waits; `then` makes Rust's of the answer, or of what was raised.
///
/// # Errors
/// Why it is not waited for any longer: the scan is over, or the interpreter is ending.
pub(crate) fn called<T: Send + 'static>(
    over: &Over,
    asked: impl for<'py> FnOnce(Python<'py>) -> PyResult<Call<'py>>,
    then: impl for<'py> FnOnce(PyResult<Bound<'py, PyAny>>) -> T + Send + 'static,
) -> Result<T, String> {
    let (give, answer) = channel();
    let begun = attached(|py| {
        call(py, asked, move |given| {
            // Who waited may have gone.
            let _ = give.send(then(given));
        });
    });
    begun.ok_or(ENDS)?;
    loop {
        match answer.recv_timeout(LOOK) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Disconnected) => return Err(ENDS.to_owned()),
            Err(RecvTimeoutError::Timeout) => over.look()?,
        }
    }
}

/// Tells who waits without awaiting when a scan is to end early, and why.
#[derive(Debug)]
pub(crate) struct Over {
    stopped: Mutex<Option<(Instant, String)>>,
    deadline: Option<(Instant, Duration)>,
}

impl Over {
    /// By this time from now, or sooner where it is stopped.
    pub(crate) fn within(deadline: Option<Duration>) -> Self {
        let at = deadline.and_then(|time| Some((Instant::now().checked_add(time)?, time)));
        Self { stopped: Mutex::default(), deadline: at }
    }

    pub(crate) fn stop(&self, why: String) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.get_or_insert((Instant::now(), why));
    }

    /// Why it is over, once whoever is at it had a moment to finish.
    fn look(&self) -> Result<(), String> {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let passed = self.deadline.map(|(at, deadline)| (at, passed(deadline)));
        let over = stopped.into_iter().chain(passed).find(|(at, _)| at.elapsed() > GRACE);
        over.map_or(Ok(()), |(_, why)| Err(why))
    }
}

/// Why a scan ended at its deadline.
pub(crate) fn passed(deadline: Duration) -> String {
    format!("its deadline of {} s had passed", deadline.as_secs_f64())
}

/// As [`called`], for who awaits the answer. None: the interpreter is ending.
pub(crate) async fn awaited<T: Send + 'static>(
    asked: impl for<'py> FnOnce(Python<'py>) -> PyResult<Call<'py>> + Send + 'static,
    then: impl for<'py> FnOnce(PyResult<Bound<'py, PyAny>>) -> T + Send + 'static,
) -> Option<T> {
    let (give, answer) = oneshot::channel();
    let start = move || {
        attached(|py| {
            call(py, asked, move |given| {
                // Who waited may have gone.
                let _ = give.send(then(given));
            });
        })
    };
    // Whoever holds the lock is not waited for on a thread of the runtime's.
    tokio::task::spawn_blocking(start).await.ok()??;
    answer.await.ok()
}
