//! Serves one connection: the handshake, then request after request, with the faults of the plan.

use std::io::{self, BufRead, BufReader, Write};
use std::iter;
use std::sync::Arc;

use super::faults::{Break, Fault, Hook, Point};
use super::http::{self, Body, Response};
use super::journal::Recorded;
use super::operations::carry_out;
use super::server::Server;
use super::wire::Wire;
use crate::lock;

/// Serves a connection until it ends. Errors of the client are ignored.
pub(super) fn serve(mut wire: Wire) {
    let server = &Arc::clone(&wire.server);
    let fault = server.fault(Hook::Connection(wire.number));
    let break_in_handshake = match fault {
        Fault::At(Point::Accept, how) => return wire.break_off(how, before_response(server.tls.is_some())),
        Fault::At(_, how) => Some(how),
        _ => None,
    };
    let first_words = if let Fault::SpeakFirst(bytes) = &fault { &bytes[..] } else { &[] };
    if let Some(tls) = &server.tls {
        let Ok(accepted) = wire.read_client_hello() else { return };
        if let Some(how) = break_in_handshake {
            return wire.break_off(how, before_response(true));
        }
        if stalls(server, &fault) {
            return;
        }
        let config = match fault {
            Fault::Certificate(certificate) => tls.showing(&certificate.into()),
            _ => Ok(Arc::clone(&tls.config)),
        };
        if config.and_then(|config| wire.shake_hands(accepted, &config, first_words)).is_err() {
            return;
        }
    } else if stalls(server, &fault) || wire.write_all(first_words).is_err() {
        return;
    }
    let mut reader = BufReader::new(wire);
    loop {
        match serve_request(server, &mut reader) {
            Ok(End::KeepAlive) => {}
            Ok(End::Close) => return reader.into_inner().close(),
            Ok(End::Break(how, endless)) => return reader.into_inner().break_off(how, endless),
            Ok(End::ReadInDrips) => return reader.into_inner().read_in_drips(),
            Err(_) => return,
        }
    }
}

/// Waits if the fault says so; true if the server stops meanwhile.
fn stalls(server: &Server, fault: &Fault) -> bool {
    matches!(fault, Fault::Stall(time) if server.lifeline.wait(*time))
}

enum End {
    KeepAlive,
    Close,
    Break(Break, Endless),
    ReadInDrips,
}

type Endless = Box<dyn Iterator<Item = u8>>;

fn serve_request(server: &Server, reader: &mut BufReader<Wire>) -> io::Result<End> {
    if reader.fill_buf()?.is_empty() {
        return Ok(End::Close);
    }
    let number = server.journal.begun();
    if let Fault::At(_, how) = server.fault(Hook::Reading(number)) {
        return Ok(break_while_reading(how));
    }
    let (request, keep_alive) = match http::read_head(reader) {
        Ok(head) => head,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let response = Response::new(400).header("Connection", "close");
            response.write(reader.get_mut(), server.organization.now())?;
            return Ok(End::Break(Break::Close, Box::new(iter::empty())));
        }
        Err(error) => return Err(error),
    };
    let request = Recorded { number, connection: reader.get_ref().number, ..request };
    let index = server.journal.record(request.clone());
    let fault = server.fault(Hook::Request(number, &request));
    let end = respond(server, reader, request, index, keep_alive, fault);
    let hook = Arc::clone(&lock(&server.on_done));
    hook(&server.journal.amend(index, |_| ()));
    end
}

fn respond(
    server: &Server,
    reader: &mut BufReader<Wire>,
    request: Recorded,
    index: usize,
    keep_alive: bool,
    fault: Fault,
) -> io::Result<End> {
    if let Fault::At(Point::Reading, how) = fault {
        http::read_body(reader, &request, true)?;
        return Ok(break_while_reading(how));
    }
    let body = http::read_body(reader, &request, false)?;
    let request = server.journal.amend(index, |request| request.body = body);
    let hook = Arc::clone(&lock(&server.on_request));
    hook(&request, &server.organization);

    if let Fault::At(Point::BeforeActing, how) = fault {
        return Ok(End::Break(how, before_response(false)));
    }
    let act = || {
        let (response, acted) = carry_out(&server.organization, &request);
        server.journal.amend(index, |request| request.acted = acted);
        server.cache.keep(&request, &response, server.organization.now());
        response
    };
    let canned = if let Fault::Answer(canned) = &fault { Some(canned) } else { None };
    let mut close = !keep_alive || canned.is_some_and(|canned| canned.closes);
    let mut response = match &fault {
        Fault::Answer(canned) => {
            if canned.acts {
                act();
            }
            canned.response.clone()
        }
        Fault::Headers(headers) => act().headers(headers),
        Fault::Edited(edit) => act().edited(*edit),
        Fault::Cached(age) => server.cache.response(&request, *age).unwrap_or_else(act),
        _ => act(),
    };
    if close {
        response = response.header("Connection", "close");
    }
    match fault {
        Fault::At(Point::AfterActing, how) => return Ok(End::Break(how, before_response(false))),
        Fault::At(point, how) => return break_response(server, reader.get_mut(), &response, point, how),
        Fault::Slow(time) if server.lifeline.wait(time) => return Ok(End::Close),
        Fault::CloseAfter => close = true,
        _ => {}
    }
    let raw = canned.and_then(|canned| canned.raw.as_ref());
    server.journal.amend(index, |request| request.status = Some(raw.map_or(response.status, |_| 0)));
    let wire = reader.get_mut();
    match (raw, canned.and_then(|canned| canned.leftover.as_ref())) {
        (Some(bytes), Some(leftover)) => wire.write_and_leave(bytes, leftover)?,
        (Some(bytes), None) => wire.write_all(bytes).and_then(|()| wire.flush())?,
        (None, _) => response.write(wire, server.organization.now())?,
    }
    Ok(if close { End::Close } else { End::KeepAlive })
}

fn break_while_reading(how: Break) -> End {
    match how {
        Break::Drip => End::ReadInDrips,
        _ => End::Break(how, Box::new(iter::empty())),
    }
}

/// Writes a response up to the middle of one of its parts.
fn break_response(
    server: &Server,
    wire: &mut Wire,
    response: &Response,
    point: Point,
    how: Break,
) -> io::Result<End> {
    // A dripping body announces a length that takes a day.
    let padding = if how == Break::Drip { 1_000_000 } else { 0 };
    let status_line = response.status_line();
    let header_lines = response.header_lines(server.organization.now(), padding);
    let mut sent = Vec::new();
    let mut endless: Endless = Box::new(iter::repeat(b'a'));
    match (&response.body, point) {
        (_, Point::StatusLine) => {
            let rest = status_line.trim_ascii_end()[status_line.len() / 2..].to_vec();
            sent.extend_from_slice(&status_line[..status_line.len() / 2]);
            endless = Box::new(rest.into_iter().chain(iter::repeat(b'a')));
        }
        (Body::Bytes(body), Point::Body) if !body.is_empty() => {
            let (half, rest) = (&body[..body.len() / 2], body[body.len() / 2..].to_vec());
            sent.extend_from_slice(&[&status_line, &header_lines, half].concat());
            endless = Box::new(rest.into_iter().chain(iter::repeat(b' ')));
        }
        _ => sent.extend_from_slice(&[&status_line, &header_lines[..header_lines.len() / 2]].concat()),
    }
    wire.write_all(&sent)?;
    wire.flush()?;
    Ok(End::Break(how, endless))
}

/// The bytes that drip before a response: a status line without an end, or a TLS record too long to arrive.
fn before_response(handshake: bool) -> Endless {
    match handshake {
        true => Box::new([0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3].into_iter().chain(iter::repeat(0))),
        false => Box::new(b"HTTP/1.1 200 ".iter().copied().chain(iter::repeat(b'a'))),
    }
}
