//! The parts of HTTP/1.1 that the server needs: requests in, responses out.

use std::io::{self, BufRead, Error, ErrorKind, Read, Write};
use std::time::SystemTime;

use serde_json::Value;

use super::journal::Recorded;
use super::unknowns::ErrorForm;

const MAX_HEAD: u64 = 64 * 1024;
const MAX_BODY: u64 = 16 * 1024 * 1024;

/// Reads the head of a request, and whether the client keeps the connection open; `InvalidData` if it isn't HTTP.
pub(super) fn read_head(reader: &mut impl BufRead) -> io::Result<(Recorded, bool)> {
    let mut reader = reader.take(MAX_HEAD);
    let line = read_line(&mut reader)?;
    let &[method, target, version] = line.split(' ').collect::<Vec<_>>().as_slice() else {
        return Err(invalid("a request line has three parts"));
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(invalid("the version is 1.0 or 1.1"));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Recorded {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        ..Recorded::default()
    };
    loop {
        let line = read_line(&mut reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid("a header has a colon"))?;
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let connection = request.header("Connection").unwrap_or_default().to_ascii_lowercase();
    let keep_alive = match version {
        "HTTP/1.1" => !connection.contains("close"),
        _ => connection.contains("keep-alive"),
    };
    Ok((request, keep_alive))
}

/// Reads the body of a request, or with `half` about half of it.
pub(super) fn read_body(reader: &mut impl BufRead, request: &Recorded, half: bool) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let length = request.header("Content-Length").unwrap_or("0");
    let length: u64 = length.parse().map_err(|_| invalid("Content-Length is a number"))?;
    let length = if half { length / 2 } else { length };
    match reader.take(length.min(MAX_BODY)).read_to_end(&mut body)? as u64 == length {
        true => Ok(body),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.strip_suffix('\r').unwrap_or(line).to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn invalid(reason: &str) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

#[derive(Clone, Debug)]
pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    /// This many letters.
    Letters(u64),
}

impl Response {
    pub fn new(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Body::Bytes(Vec::new()) }
    }

    pub fn with_json(status: u16, json: Option<Value>) -> Response {
        let response = Response::new(status);
        let Some(json) = json else { return response };
        let body = Body::Bytes(json.to_string().into_bytes());
        Response { body, ..response.header("Content-Type", "application/json") }
    }

    /// An error in one of Coveo's forms.
    pub fn error(form: ErrorForm, status: u16, code: &str, message: &str, request_id: &str) -> Response {
        let response = Response::with_json(status, form.body(status, code, message, request_id));
        if form.has_header() { response.header("X-Request-ID", request_id) } else { response }
    }

    /// With this header, which replaces others of the same name.
    pub fn header(self, name: &str, value: &str) -> Response {
        self.headers(&[(name.to_owned(), value.to_owned())])
    }

    /// With these headers, which replace all of the same names.
    pub fn headers(mut self, headers: &[(String, String)]) -> Response {
        self.headers.retain(|(name, _)| !headers.iter().any(|(new, _)| new.eq_ignore_ascii_case(name)));
        self.headers.extend_from_slice(headers);
        self
    }

    pub fn edited(mut self, edit: fn(&mut Value)) -> Response {
        if let Body::Bytes(bytes) = &mut self.body
            && let Ok(mut json) = serde_json::from_slice(bytes)
        {
            edit(&mut json);
            *bytes = json.to_string().into_bytes();
        }
        self
    }

    pub fn status_line(&self) -> Vec<u8> {
        // A reason phrase may be empty.
        format!("HTTP/1.1 {} \r\n", self.status).into_bytes()
    }

    /// The headers and the empty line. `padding` is added to the announced length of the body.
    pub fn header_lines(&self, now: SystemTime, padding: u64) -> Vec<u8> {
        let has = |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let mut lines = String::new();
        if !has("Date") {
            lines += &format!("Date: {}\r\n", httpdate::fmt_http_date(now));
        }
        let length = match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Letters(length) => *length,
        };
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        if !bodiless && !has("Content-Length") && !has("Transfer-Encoding") {
            lines += &format!("Content-Length: {}\r\n", length + padding);
        }
        for (name, value) in &self.headers {
            lines += &format!("{name}: {value}\r\n");
        }
        lines += "\r\n";
        lines.into_bytes()
    }

    pub fn write(&self, writer: &mut impl Write, now: SystemTime) -> io::Result<()> {
        let (bytes, letters) = match &self.body {
            Body::Bytes(body) => (&body[..], 0),
            Body::Letters(length) => (&[][..], *length),
        };
        writer.write_all(&[&self.status_line(), &self.header_lines(now, 0), bytes].concat())?;
        io::copy(&mut io::repeat(b'a').take(letters), writer)?;
        writer.flush()
    }
}
