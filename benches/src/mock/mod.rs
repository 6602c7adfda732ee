//! A server that answers as AWS does, from a snapshot: over AWS's own protocols, page by page, within its quotas; and that
//! goes wrong where it is told to.
//!
//! Its answers come from the facts of a source, and their form from the services' models (`models/`), so that whatever a
//! snapshot holds is served. What was recorded as a gap is answered with the error that it came from; what was never read,
//! with the code `NotInSnapshot`.

mod answer;
mod model;
mod pages;
mod protocol;
mod quota;
mod refusal;
mod route;
mod rule;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use cis_core::{DataSource, Error};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Sleep;

pub use self::quota::{Quota, Quotas};
pub use self::rule::{Effect, Page, Rule};

use self::answer::{Account, Position, Reply};
use self::model::Models;
use self::protocol::Wire;
use self::quota::Buckets;
use self::refusal::Refusal;
use self::route::{Asked, Call, Unknown};
use self::rule::Seen;

/// How the mock serves. By default as fast as it can, with AWS's own pages and no quotas.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The most rows on a page. Default: as AWS has it for each operation.
    pub page_size: Option<usize>,
    /// How long every answer takes at least. Default: nothing.
    pub latency: Duration,
    /// How often operations may be called. Default: as often as one likes.
    pub quotas: Quotas,
    /// The IAM actions that the caller may take; every call that takes another is denied. `sts:GetCallerIdentity` needs none.
    /// Default: all.
    pub allowed: Option<BTreeSet<String>>,
    /// What goes wrong. Default: nothing.
    pub rules: Vec<Rule>,
    /// The address to listen on. Default: a free port of 127.0.0.1.
    pub address: Option<SocketAddr>,
    /// Whether to keep what is asked for, which [`Mock::asked`] gives. Default: no.
    pub keep: bool,
}

/// A mock that is being served, until this is dropped.
///
/// ```
/// use cis_benches::mock::{Effect, Mock, Options, Rule};
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let mock = Mock::serve(cis_aws::sources::demo()?, Options::default()).await?;
/// assert!(mock.url().starts_with("http://127.0.0.1:"));
/// mock.rule(Rule::new(Effect::Throttle).on("iam").calls(..3));
/// assert!(mock.calls().is_empty());
/// # Ok::<(), cis_core::Error>(())
/// # }).unwrap();
/// ```
pub struct Mock {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: AbortHandle,
}

/// How often an operation was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Every request.
    pub all: u64,
    /// Those among them that a quota or a rule refused as too many.
    pub throttled: u64,
}

/// A call that was made, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Request {
    /// `service:Operation`.
    pub operation: String,
    /// The region that it was signed for.
    pub region: String,
    /// What it said, by the names of the API's members. A later page of a list is asked for with a token among them.
    pub parameters: BTreeMap<String, Vec<String>>,
}

struct Shared {
    models: Models,
    account: Account,
    options: Options,
    /// The IAM action that each operation takes.
    actions: BTreeMap<String, String>,
    buckets: Buckets,
    rules: Mutex<Vec<(Rule, usize)>>,
    /// By operation and region.
    calls: Mutex<BTreeMap<(String, String), Calls>>,
    kept: Mutex<Vec<Request>>,
    requests: AtomicU64,
}

impl Mock {
    /// Serves what a source says. Needs a tokio runtime, in which it runs.
    ///
    /// # Errors
    /// The source does not say whose account it is; the address cannot be listened on.
    pub async fn serve(source: impl DataSource + 'static, options: Options) -> Result<Self, Error> {
        let coverage = source.coverage().await?;
        let caller =
            format!("arn:{}:sts::{}:assumed-role/SecurityAudit/cis-audit", coverage.partition, coverage.account_id);
        let tables = tables::Tables::new(Box::new(source), coverage);
        let account = Account { tables, caller, page_size: options.page_size };
        let address = options.address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let failed = |error: std::io::Error| {
            Error::source_failed(format!("the mock cannot listen on {address}: {error}; name another address"))
                .because(error)
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            models: model::models()?,
            account,
            actions: actions(),
            buckets: Buckets::default(),
            rules: Mutex::new(options.rules.iter().cloned().map(|rule| (rule, 0)).collect()),
            calls: Mutex::default(),
            kept: Mutex::default(),
            requests: AtomicU64::new(0),
            options,
        });
        let serving = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, serving })
    }

    /// Where it is reached, such as `http://127.0.0.1:50123`: the endpoint of every service.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each operation was called, `service:Operation`, over all regions. An attempt that is made again counts
    /// again.
    pub fn calls(&self) -> BTreeMap<String, Calls> {
        let mut by_operation: BTreeMap<String, Calls> = BTreeMap::new();
        for ((operation, _), calls) in lock(&self.shared.calls).iter() {
            let sum = by_operation.entry(operation.clone()).or_default();
            sum.all += calls.all;
            sum.throttled += calls.throttled;
        }
        by_operation
    }

    /// The same by operation and region.
    pub fn calls_by_region(&self) -> BTreeMap<(String, String), Calls> {
        lock(&self.shared.calls).clone()
    }

    /// Every call in the order of arrival, where [`Options::keep`] says so.
    pub fn asked(&self) -> Vec<Request> {
        lock(&self.shared.kept).clone()
    }

    /// How many calls each rule fitted, in the order of the rules.
    pub fn fitted(&self) -> Vec<usize> {
        lock(&self.shared.rules).iter().map(|(_, count)| *count).collect()
    }

    /// Adds a rule after those that are there.
    pub fn rule(&self, rule: Rule) {
        lock(&self.shared.rules).push((rule, 0));
    }

    /// Forgets all rules and all calls, so that every quota is whole again.
    pub fn clear(&self) {
        lock(&self.shared.rules).clear();
        lock(&self.shared.calls).clear();
        lock(&self.shared.kept).clear();
        self.shared.buckets.clear();
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("url", &self.url()).finish_non_exhaustive()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this future, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    // Without it small answers wait for an acknowledgement that the other side delays.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { shared.respond(request).await }
    });
    // It ends in an error where the other side goes away, or where a rule says so.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The connection is to end without an answer.
#[derive(Debug)]
struct Ends;

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends here")
    }
}

impl std::error::Error for Ends {}

/// A body that may end before its end.
#[derive(Debug)]
struct Sent {
    content: Option<Bytes>,
    length: u64,
    /// The moment between its last byte and the end of the connection.
    cut: Option<Pin<Box<Sleep>>>,
}

/// How long the connection stays open after half an answer: hyper sends what it has only while it waits for more.
const BEFORE_THE_CUT: Duration = Duration::from_millis(10);

impl Body for Sent {
    type Data = Bytes;
    type Error = Ends;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Ends>>> {
        if let Some(content) = self.content.take() {
            return Poll::Ready(Some(Ok(Frame::data(content))));
        }
        match &mut self.cut {
            Some(moment) => moment.as_mut().poll(context).map(|()| Some(Err(Ends))),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// No request of ours is larger.
const MOST_BYTES: usize = 1 << 20;

impl Shared {
    async fn respond(&self, request: hyper::Request<Incoming>) -> Result<Response<Sent>, Ends> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|_| Ends)?.to_bytes();
        let asked = Asked {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            headers: &head.headers,
            body: &body,
        };
        let id = format!("{:08x}-0000-4000-8000-000000000000", self.requests.fetch_add(1, Ordering::Relaxed));
        if !self.options.latency.is_zero() {
            tokio::time::sleep(self.options.latency).await;
        }
        match route::recognise(&self.models, &asked) {
            Ok(call) => self.serve(&call, &id).await,
            Err(Unknown(Some((service, protocol)), refusal)) => {
                send(protocol::refuse(service, protocol, &refusal, &id), false)
            }
            Err(Unknown(None, refusal)) => {
                let body = format!("{}: {}", refusal.code, refusal.message).into_bytes();
                send(Wire { status: refusal.status, headers: Vec::new(), body }, false)
            }
        }
    }

    async fn serve(&self, call: &Call<'_>, id: &str) -> Result<Response<Sent>, Ends> {
        let name = call.full_name();
        let within = self.buckets.take(&self.options.quotas, &name, &call.region, Instant::now());
        if let Some(held) = within.filter(|held| !held.is_zero()) {
            tokio::time::sleep(held).await;
        }
        let action = self.actions.get(&name).unwrap_or(&name);
        let allowed = self.options.allowed.as_ref().is_none_or(|allowed| allowed.contains(action));
        let (reply, effect) = if within.is_none() {
            (Reply::Garbage, Some(Effect::Throttle))
        } else if !allowed && name != "sts:GetCallerIdentity" {
            (Reply::Garbage, Some(Effect::Deny))
        } else {
            let reply = self.account.answer(call).await;
            let effect = self.effect(call, &name, &reply);
            (reply, effect)
        };
        {
            let mut calls = lock(&self.calls);
            let calls = calls.entry((name.clone(), call.region.clone())).or_default();
            calls.all += 1;
            calls.throttled += u64::from(effect == Some(Effect::Throttle));
        }
        if self.options.keep {
            let request =
                Request { operation: name.clone(), region: call.region.clone(), parameters: call.params.clone() };
            lock(&self.kept).push(request);
        }
        let refuse = |refusal: Refusal| send(protocol::refuse(call.service, call.protocol, &refusal, id), false);
        let whole = |reply: Reply| match reply {
            Reply::Good(members, _) => protocol::answer(call, &serde_json::Value::Object(members), id),
            Reply::Refused(refusal) => protocol::refuse(call.service, call.protocol, &refusal, id),
            Reply::Garbage => garbage(call),
        };
        let Some(effect) = effect else { return send(whole(reply), false) };
        tokio::time::sleep(effect.delay()).await;
        match effect {
            Effect::Deny => refuse(Refusal::denied(call.service, &self.account.caller, action)),
            Effect::Throttle => refuse(Refusal::throttled(call.service)),
            Effect::Fault(status) => refuse(Refusal::fault(call.service, status)),
            Effect::Error { status, code, message } => refuse(Refusal::new(status, code, message)),
            Effect::Expire => refuse(Refusal::expired(call.service)),
            Effect::SkewClock => refuse(Refusal::clock_skewed(call.service)),
            Effect::NotOptedIn => refuse(Refusal::not_opted_in(call.service)),
            Effect::Vanish => {
                refuse(Refusal::coded(call.service, answer::not_there(&name), "It is not there (any more)"))
            }
            Effect::DelayMs(_) => send(whole(reply), false),
            Effect::Hang => std::future::pending().await,
            Effect::Reset => Err(Ends),
            Effect::Cut => send(whole(reply), true),
            Effect::BreakOff => {
                let mut wire = whole(reply);
                wire.body.truncate(wire.body.len() / 2);
                send(wire, false)
            }
            Effect::Corrupt => send(garbage(call), false),
            Effect::Foreign => {
                let body = b"<!DOCTYPE html><html><body>Sign in to the network</body></html>".to_vec();
                send(Wire { status: 200, headers: vec![("content-type", "text/html".to_owned())], body }, false)
            }
            Effect::RepeatToken => {
                let mut reply = reply;
                if let Reply::Good(members, at) = &mut reply {
                    pages::go_on(call, members, Some(at.from));
                }
                send(whole(reply), false)
            }
        }
    }

    /// What the first rule says that fits a call, counted among those that fit it.
    fn effect(&self, call: &Call<'_>, name: &str, reply: &Reply) -> Option<Effect> {
        let at = match reply {
            Reply::Good(_, at) => *at,
            _ => Position { page: 0, from: 0, is_last: true },
        };
        let seen = Seen {
            operation: name,
            region: &call.region,
            resource: answer::resource(call),
            page: at.page,
            is_last: at.is_last,
        };
        let mut rules = lock(&self.rules);
        let mut decided = None;
        for (rule, count) in rules.iter_mut().filter(|(rule, _)| rule.fits(&seen)) {
            *count += 1;
            if decided.is_none() && rule.counts(*count) {
                decided = Some(rule.effect.clone());
            }
        }
        decided
    }
}

/// The IAM action that each operation of a dataset takes.
fn actions() -> BTreeMap<String, String> {
    let mut actions = BTreeMap::new();
    for info in cis_aws::datasets::all() {
        actions.extend(info.operations().map(|(name, action)| (name.to_owned(), action.to_owned())));
    }
    actions
}

fn garbage(call: &Call<'_>) -> Wire {
    let value = serde_json::Value::default();
    let mut wire = protocol::answer(call, &value, "");
    wire.body = b"\x00\x1f not an answer {<".to_vec();
    wire
}

fn send(wire: Wire, is_cut: bool) -> Result<Response<Sent>, Ends> {
    let length = wire.body.len() as u64;
    let mut content = wire.body;
    if is_cut {
        content.truncate(content.len() / 2);
    }
    let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status);
    for (name, value) in wire.headers {
        response = response.header(name, value);
    }
    let content = Some(Bytes::from(content)).filter(|content| !content.is_empty());
    let cut = is_cut.then(|| Box::pin(tokio::time::sleep(BEFORE_THE_CUT)));
    response.body(Sent { content, length, cut }).map_err(|_| Ends)
}
