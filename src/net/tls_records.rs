//! Follows TLS records as they arrive, to notice a record that has arrived only in part: `rustls` and `ureq` don't report
//! it.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The header of a TLS record: type, version and length (RFC 8446, section 5.1).
const HEADER: usize = 5;

/// Puts a [`RecordFollower`] right below TLS. In a tunnel through an `https://` proxy, there are two followers and two TLS
/// layers.
#[derive(Debug)]
pub struct RecordFollowerConnector;

impl<In: Transport> Connector<In> for RecordFollowerConnector {
    type Out = RecordFollower<In>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|mut inner| {
            let mut position = Position::default();
            // Bytes that came together with the proxy's response to CONNECT.
            position.follow(inner.buffers().input());
            RecordFollower { inner, position: details.needs_tls().then_some(position) }
        }))
    }
}

/// A connection that carries TLS records and isn't open while one is incomplete.
#[derive(Debug)]
pub struct RecordFollower<T> {
    inner: T,
    /// `None` if there is no TLS above.
    position: Option<Position>,
}

impl<T: Transport> Transport for RecordFollower<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let before = self.inner.buffers().input().len();
        let more = self.inner.await_input(timeout)?;
        if let Some(position) = &mut self.position {
            position.follow(&self.inner.buffers().input()[before..]);
        }
        Ok(more)
    }

    fn is_open(&mut self) -> bool {
        let between_records = self.position.as_ref().is_none_or(Position::is_between_records);
        between_records && self.inner.buffers().input().is_empty() && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// The position in a sequence of records.
#[derive(Debug, Default)]
struct Position {
    /// How many bytes of the header have arrived; 0 inside the content.
    header: usize,
    /// How many bytes of the content are missing, as far as the header is known.
    content: usize,
}

impl Position {
    fn follow(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.header == 0 && self.content > 0 {
                let arrived = self.content.min(bytes.len());
                self.content -= arrived;
                bytes = &bytes[arrived..];
                continue;
            }
            if self.header >= HEADER - 2 {
                self.content = self.content << 8 | usize::from(*first);
            }
            self.header = (self.header + 1) % HEADER;
            bytes = rest;
        }
    }

    fn is_between_records(&self) -> bool {
        self.header == 0 && self.content == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn stream_is_between_records_only_at_their_ends(
            lengths in proptest::collection::vec(0usize..700, 1..6), chunk in 1usize..40,
        ) {
            let mut stream = Vec::new();
            let mut ends = vec![0];
            for length in lengths {
                stream.extend([23, 3, 3, (length >> 8) as u8, length as u8]);
                stream.extend(std::iter::repeat_n(0xff, length));
                ends.push(stream.len());
            }
            let mut position = Position::default();
            let mut at = 0;
            for chunk in stream.chunks(chunk) {
                position.follow(chunk);
                at += chunk.len();
                proptest::prop_assert_eq!(position.is_between_records(), ends.contains(&at));
            }
        }
    }
}
