//! Follows TLS records as they arrive, to notice a record that has arrived only in part: `rustls` and `ureq` don't report
//! it.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// The header of a TLS record: type, version and length (RFC 8446, section 5.1).
const HEADER: usize = 5;

/// A connection that carries TLS records and isn't open while one is incomplete. It is right below TLS; in a tunnel through
/// an `https://` proxy, there are two of them, and two TLS layers.
#[derive(Debug)]
pub struct RecordFollower {
    inner: Box<dyn Transport>,
    position: Position,
}

impl RecordFollower {
    /// Follows the records that arrive on `inner`. Some bytes may have come together with a proxy's response to CONNECT.
    pub fn new(mut inner: Box<dyn Transport>) -> Self {
        let mut position = Position::default();
        position.follow(inner.buffers().input());
        Self { inner, position }
    }
}

impl Transport for RecordFollower {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let before = self.inner.buffers().input().len();
        let more = self.inner.await_input(timeout)?;
        self.position.follow(&self.inner.buffers().input()[before..]);
        Ok(more)
    }

    fn is_open(&mut self) -> bool {
        self.position.is_between_records() && self.inner.buffers().input().is_empty() && self.inner.is_open()
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
