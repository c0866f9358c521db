//! Listens, serves each connection in a thread, and stops all of them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::cache::Cache;
use super::connection;
use super::faults::{Fault, Hook};
use super::journal::{Journal, Recorded};
use super::organization::Organization;
use super::tls::Tls;
use super::wire::Wire;
use crate::lock;

/// Shared by all threads.
pub(super) struct Server {
    pub organization: Organization,
    pub journal: Journal,
    pub cache: Cache,
    pub lifeline: Lifeline,
    pub plan: Mutex<Arc<Plan>>,
    pub on_request: Mutex<Arc<OnRequest>>,
    pub on_done: Mutex<Arc<OnDone>>,
    pub tls: Option<Tls>,
}

type Plan = dyn Fn(Hook<'_>) -> Fault + Send + Sync;
type OnRequest = dyn Fn(&Recorded, &Organization) + Send + Sync;
type OnDone = dyn Fn(&Recorded) + Send + Sync;

impl Server {
    pub fn new(organization: Organization, tls: Option<Tls>) -> Server {
        Server {
            organization,
            journal: Journal::default(),
            cache: Cache::default(),
            lifeline: Lifeline::default(),
            plan: Mutex::new(Arc::new(|_| Fault::None)),
            on_request: Mutex::new(Arc::new(|_, _| ())),
            on_done: Mutex::new(Arc::new(|_| ())),
            tls,
        }
    }

    /// Gets the fault of the plan at this hook.
    pub fn fault(&self, hook: Hook<'_>) -> Fault {
        let plan = Arc::clone(&lock(&self.plan));
        let fault = plan(hook);
        if fault.fits(hook, self.tls.is_some()) {
            return fault;
        }
        self.journal.complain(format!("{fault:?} is impossible at {hook:?}"));
        Fault::None
    }

    fn spawn(self: &Arc<Server>, tcp: TcpStream) {
        _ = tcp.set_nodelay(true);
        let tcp = Arc::new(tcp);
        let number = self.journal.connected();
        lock(&self.lifeline.state).open.insert(number, Arc::clone(&tcp));
        let wire = Wire::new(number, Arc::clone(self), tcp);
        // If no thread can be created, the connection is dropped.
        _ = thread::Builder::new().spawn(move || connection::serve(wire));
    }

    /// Closes a connection at the end of its thread.
    pub fn leave(&self, number: usize) {
        if thread::panicking() {
            self.journal.complain("a plan or a hook has panicked".to_owned());
        }
        lock(&self.lifeline.state).open.remove(&number);
        self.lifeline.changed.notify_all();
    }
}

/// The open connections, and whether the server is stopping.
#[derive(Default)]
pub(super) struct Lifeline {
    state: Mutex<Life>,
    changed: Condvar,
}

#[derive(Default)]
struct Life {
    stopped: bool,
    open: HashMap<usize, Arc<TcpStream>>,
}

impl Lifeline {
    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }

    /// Waits this long, or until the server stops; true if it does.
    pub fn wait(&self, time: Duration) -> bool {
        let state = self.changed.wait_timeout_while(lock(&self.state), time, |state| !state.stopped);
        state.map_or(true, |(state, _)| state.stopped)
    }

    /// Shuts down all connections and waits for their threads; not forever, since a hook may be stuck.
    pub fn cut(&self) {
        let state = lock(&self.state);
        for tcp in state.open.values() {
            _ = tcp.shutdown(std::net::Shutdown::Both);
        }
        let limit = Duration::from_secs(10);
        drop(self.changed.wait_timeout_while(state, limit, |state| !state.open.is_empty()));
    }
}

/// The listening sockets and their threads.
pub(super) struct Sockets {
    pub port: u16,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Sockets {
    /// Listens on 127.0.0.1 and, since localhost may be ::1, over HTTPS there too, if there is IPv6.
    pub fn open(port: u16, https: bool, server: &Arc<Server>) -> io::Result<Sockets> {
        let mut sockets = Sockets { port, threads: Vec::new() };
        for listener in listen(port, https)? {
            let address = listener.local_addr()?;
            let server = Arc::clone(server);
            let thread = thread::Builder::new().spawn(move || accept(&listener, &server))?;
            sockets.port = address.port();
            sockets.threads.push((address, thread));
        }
        Ok(sockets)
    }

    pub fn close(&mut self, server: &Server) {
        server.lifeline.stop();
        for (address, thread) in self.threads.drain(..) {
            // A connection wakes the thread.
            _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
            _ = thread.join();
        }
    }
}

fn listen(port: u16, https: bool) -> io::Result<Vec<TcpListener>> {
    const ATTEMPTS: usize = 20;
    for attempt in 1.. {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        if !https {
            return Ok(vec![v4]);
        }
        let v6 = TcpListener::bind((IpAddr::V6(Ipv6Addr::LOCALHOST), v4.local_addr()?.port()));
        match v6 {
            Ok(v6) => return Ok(vec![v4, v6]),
            // Another program has this port on ::1, and clients would reach it.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 && attempt < ATTEMPTS => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(_) => return Ok(vec![v4]),
        }
    }
    unreachable!("the last attempt returns")
}

fn accept(listener: &TcpListener, server: &Arc<Server>) {
    loop {
        let accepted = listener.accept();
        if server.lifeline.wait(Duration::ZERO) {
            return;
        }
        match accepted {
            Ok((tcp, _)) => server.spawn(tcp),
            // Out of file descriptors, for example: others may close theirs.
            Err(_) => _ = server.lifeline.wait(Duration::from_millis(10)),
        }
    }
}
